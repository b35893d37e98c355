#pragma once

#include <libwebsockets.h>

#include <cstdint>
#include <optional>

namespace securechat::net {

// The eventfd by which other threads wake a context of libwebsockets; no call of libwebsockets
// names it. Version 4.3 forgets to close it with the context. On libuv, 4.1 closes it when it
// begins to destroy the context and once more while the loop runs for the last time: a descriptor
// that another thread of the host has been given under that number meanwhile would be closed.
class WakeDescriptor {
 public:
  // Finds it by waking the context a few times and looking whose counter follows. Nobody may run
  // the context meanwhile.
  void find(lws_context& context);
  // When a context has begun to be destroyed and is not gone: keeps the number taken, for
  // libwebsockets to close it again.
  void keep_number_taken();
  [[nodiscard]] int descriptor() const { return found_ ? found_->descriptor : -1; }
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
