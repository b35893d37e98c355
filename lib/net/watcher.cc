#include "net/watcher.h"

#include <fcntl.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <string>
#include <utility>

namespace securechat::net {

Result<Watcher> Watcher::create() {
  const int descriptor = ::epoll_create1(EPOLL_CLOEXEC);
  if (descriptor < 0) {
    return {Code::kNetwork, std::string("cannot create an epoll set: ") + std::strerror(errno)};
  }
  return Watcher(descriptor);
}

Watcher::Watcher(Watcher&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}

Watcher& Watcher::operator=(Watcher&& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  return *this;
}

Watcher::~Watcher() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

int Watcher::duplicate() const {
  return ::fcntl(descriptor_, F_DUPFD_CLOEXEC, 0);
}

bool Watcher::watch(int descriptor, Watched& watched, std::uint32_t events,
                    std::uint32_t& current) {
  if (events == current) return true;
  if (events == 0) {
    forget(descriptor, current);
    return true;
  }
  epoll_event event = {};
  event.events = events;
  event.data.ptr = &watched;
  const int operation = current == 0 ? EPOLL_CTL_ADD : EPOLL_CTL_MOD;
  if (::epoll_ctl(descriptor_, operation, descriptor, &event) != 0) return false;
  current = events;
  return true;
}

void Watcher::forget(int descriptor, std::uint32_t& current) {
  if (current == 0) return;
  epoll_event event = {};
  ::epoll_ctl(descriptor_, EPOLL_CTL_DEL, descriptor, &event);
  current = 0;
}

void Watcher::dispatch() {
  std::array<epoll_event, 256> events;
  const int count = ::epoll_wait(descriptor_, events.data(), static_cast<int>(events.size()), 0);
  for (int i = 0; i < count; ++i) {
    const epoll_event& event = events[static_cast<std::size_t>(i)];
    static_cast<Watched*>(event.data.ptr)->on_ready(event.events);
  }
}

}  // namespace securechat::net
