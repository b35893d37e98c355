#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "load/event_loop.h"
#include "load/options.h"

namespace securechat::bench {

// HTTP connections that log in with a wrong password as fast as they are answered, so that the
// server always hashes and its queue is always full. One that hears that the server is busy waits
// a little, as a client does.
class LoginStorm {
 public:
  LoginStorm(const Options& options, EventLoop& loop);
  ~LoginStorm();

  void start();
  // Logins that were judged, and that were put off.
  [[nodiscard]] std::uint64_t answered() const { return answered_; }
  [[nodiscard]] std::uint64_t busy() const { return busy_; }

 private:
  class Caller;
  const Options& options_;
  EventLoop& loop_;
  std::vector<std::unique_ptr<Caller>> callers_;
  std::uint64_t answered_ = 0;
  std::uint64_t busy_ = 0;
};

}  // namespace securechat::bench
