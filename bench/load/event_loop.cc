#include "load/event_loop.h"

#include <sys/epoll.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <system_error>

namespace securechat::bench {

EventLoop::EventLoop() : descriptor_(::epoll_create1(EPOLL_CLOEXEC)) {
  if (descriptor_ < 0) throw std::system_error(errno, std::generic_category(), "epoll_create1");
}

EventLoop::~EventLoop() {
  ::close(descriptor_);
}

void EventLoop::control(int operation, int descriptor, std::uint32_t events, Ready& ready) {
  epoll_event event = {};
  event.events = events;
  event.data.ptr = &ready;
  if (::epoll_ctl(descriptor_, operation, descriptor, &event) != 0) {
    throw std::system_error(errno, std::generic_category(), "epoll_ctl");
  }
}

void EventLoop::add(int descriptor, std::uint32_t events, Ready& ready) {
  control(EPOLL_CTL_ADD, descriptor, events, ready);
}

void EventLoop::change(int descriptor, std::uint32_t events, Ready& ready) {
  control(EPOLL_CTL_MOD, descriptor, events, ready);
}

void EventLoop::turn(int timeout_ms) {
  std::array<epoll_event, 512> events;
  const int count =
      ::epoll_wait(descriptor_, events.data(), static_cast<int>(events.size()), timeout_ms);
  for (int i = 0; i < count; ++i) {
    const epoll_event& event = events[static_cast<std::size_t>(i)];
    static_cast<Ready*>(event.data.ptr)->on_ready(event.events);
  }
}

}  // namespace securechat::bench
