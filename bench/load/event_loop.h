#pragma once

#include <cstdint>

namespace securechat::bench {

class Ready {
 public:
  virtual void on_ready(std::uint32_t events) = 0;

 protected:
  ~Ready() = default;
};

// One epoll set. The generator is one thread, so that its own cost is one core and no more.
class EventLoop {
 public:
  EventLoop();
  ~EventLoop();
  EventLoop(const EventLoop&) = delete;
  EventLoop& operator=(const EventLoop&) = delete;

  void add(int descriptor, std::uint32_t events, Ready& ready);
  void change(int descriptor, std::uint32_t events, Ready& ready);
  // Waits at most `timeout_ms` and tells whoever is ready. What is told may close descriptors, but
  // must not destroy another Ready before the turn is over.
  void turn(int timeout_ms);

 private:
  void control(int operation, int descriptor, std::uint32_t events, Ready& ready);
  int descriptor_;
};

}  // namespace securechat::bench
