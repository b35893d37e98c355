#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <thread>

#include "base/clock.h"
#include "base/log.h"
#include "net/loop.h"

namespace securechat::conformance {

// A loop of lib/net on a thread of its own, for the roles that stand below the chat.
class LoopThread {
 public:
  // Throws what cannot be made, with the reason.
  LoopThread(const net::LoopOptions& options, net::TransportHandler& handler, std::uint16_t port);
  ~LoopThread();
  LoopThread(const LoopThread&) = delete;
  LoopThread& operator=(const LoopThread&) = delete;

  [[nodiscard]] net::Loop& loop() { return *loop_; }
  [[nodiscard]] const Clock& clock() const { return clock_; }
  // Begins to serve and says so.
  void start();
  // Ends the thread; the loop is still there.
  void stop();

 private:
  SystemClock clock_;
  Logger log_{clock_, LogFormat::kText, LogLevel::kError};
  std::unique_ptr<net::Loop> loop_;
  std::uint16_t port_ = 0;
  std::atomic<bool> stopping_ = false;
  std::thread thread_;
};

// Limits that no suite meets: 16 MiB messages in 65,536 fragments, and a minute of silence.
[[nodiscard]] net::LoopLimits roomy_limits();

}  // namespace securechat::conformance
