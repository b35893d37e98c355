#include "conformance/loop_thread.h"

#include <stdexcept>
#include <string>

#include "conformance/host.h"

namespace securechat::conformance {

LoopThread::LoopThread(const net::LoopOptions& options, net::TransportHandler& handler,
                       std::uint16_t port) {
  auto made = net::Loop::create(
      options, handler, [] {}, clock_, log_);
  if (!made.ok()) throw std::runtime_error(std::string(made.message()));
  loop_ = std::move(*made);
  const auto bound = loop_->listen("127.0.0.1", port);
  if (!bound.ok()) throw std::runtime_error(std::string(bound.message()));
  port_ = *bound;
}

LoopThread::~LoopThread() {
  stop();
}

void LoopThread::stop() {
  if (!thread_.joinable()) return;
  stopping_ = true;
  loop_->wake();
  thread_.join();
}

void LoopThread::start() {
  thread_ = std::thread([this] {
    while (!stopping_) loop_->run_turn(-1);
  });
  print_listening("http://127.0.0.1:" + std::to_string(port_));
}

net::LoopLimits roomy_limits() {
  constexpr std::int64_t kMinuteMs = 60'000;
  net::LoopLimits limits;
  limits.head_timeout_ms = kMinuteMs;
  limits.body_timeout_ms = kMinuteMs;
  limits.idle_timeout_ms = kMinuteMs;
  limits.message_timeout_ms = kMinuteMs;
  limits.write_deadline_ms = kMinuteMs;
  limits.send_queue = 64U << 20U;
  limits.max_fragments = 100'000;
  return limits;
}

}  // namespace securechat::conformance
