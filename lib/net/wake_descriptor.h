#pragma once

#include <libwebsockets.h>

#include <cstdint>
#include <optional>

namespace securechat::net {

// The eventfd by which other threads wake a context of libwebsockets. Version 4.3 forgets to close
// it with the context; no call of libwebsockets names it.
class WakeDescriptor {
 public:
  // Finds it by waking the context a few times and looking whose counter follows. Nobody may run
  // the context meanwhile.
  void find(lws_context& context);
  // After the context is gone: closes it, unless libwebsockets has.
  void close_leftover();

 private:
  struct Eventfd {
    int descriptor = -1;
    std::uint64_t id = 0;  // Of the kernel, which gives no two the same at a time.
    std::uint64_t count = 0;
  };

  static std::optional<Eventfd> look_at(int descriptor);

  std::optional<Eventfd> found_;
};

}  // namespace securechat::net
