#include "net/listener.h"

#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

namespace securechat::net {

namespace {

constexpr int kAcceptsPerTurn = 64;
constexpr int kBacklog = 4'096;
constexpr std::int64_t kPauseMs = 100;

int open_reserve() {
  return ::open("/dev/null", O_RDONLY | O_CLOEXEC);
}

void set_option(int descriptor, int level, int option, int value) {
  ::setsockopt(descriptor, level, option, &value, sizeof value);
}

IpAddress address_of(const sockaddr_storage& address) {
  if (address.ss_family == AF_INET6) {
    const auto& v6 = reinterpret_cast<const sockaddr_in6&>(address);
    return IpAddress::from_bytes(v6.sin6_addr.s6_addr, 16);
  }
  const auto& v4 = reinterpret_cast<const sockaddr_in&>(address);
  return IpAddress::from_bytes(reinterpret_cast<const unsigned char*>(&v4.sin_addr), 4);
}

std::uint16_t port_of(int descriptor) {
  sockaddr_storage address = {};
  socklen_t size = sizeof address;
  if (::getsockname(descriptor, reinterpret_cast<sockaddr*>(&address), &size) != 0) return 0;
  return address.ss_family == AF_INET6
             ? ntohs(reinterpret_cast<const sockaddr_in6&>(address).sin6_port)
             : ntohs(reinterpret_cast<const sockaddr_in&>(address).sin_port);
}

// A bound and listening descriptor, or -1 with errno.
int bind_address(const addrinfo& info, std::uint16_t port, bool reuse_port, bool dual_stack) {
  const int descriptor =
      ::socket(info.ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP);
  if (descriptor < 0) return -1;
  set_option(descriptor, SOL_SOCKET, SO_REUSEADDR, 1);
  if (reuse_port) set_option(descriptor, SOL_SOCKET, SO_REUSEPORT, 1);
  sockaddr_storage address = {};
  std::memcpy(&address, info.ai_addr, info.ai_addrlen);
  if (info.ai_family == AF_INET6) {
    set_option(descriptor, IPPROTO_IPV6, IPV6_V6ONLY, dual_stack ? 0 : 1);
    reinterpret_cast<sockaddr_in6&>(address).sin6_port = htons(port);
  } else {
    reinterpret_cast<sockaddr_in&>(address).sin_port = htons(port);
  }
  if (::bind(descriptor, reinterpret_cast<const sockaddr*>(&address), info.ai_addrlen) == 0 &&
      ::listen(descriptor, kBacklog) == 0) {
    return descriptor;
  }
  const int error = errno;
  ::close(descriptor);
  errno = error;
  return -1;
}

std::string without_brackets(const std::string& host) {
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') {
    return host.substr(1, host.size() - 2);
  }
  return host;
}

}  // namespace

Result<std::vector<std::unique_ptr<Listener>>> Listener::open(const Environment& environment,
                                                              const std::string& host,
                                                              std::uint16_t port, bool reuse_port) {
  const bool any = host.empty() || host == "*";
  const std::string name = without_brackets(host);
  addrinfo hints = {};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  const int failed = ::getaddrinfo(any ? nullptr : name.c_str(), "0", &hints, &found);
  if (failed != 0) {
    return {Code::kNetwork, "cannot listen on \"" + host + "\": " + ::gai_strerror(failed)};
  }
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> addresses(found, ::freeaddrinfo);
  std::vector<std::unique_ptr<Listener>> listeners;
  int error = 0;
  // With every address, one IPv6 socket takes IPv4 too; the IPv4 one is for hosts without IPv6.
  for (const int family : {AF_INET6, AF_INET}) {
    for (const addrinfo* info = addresses.get(); info != nullptr; info = info->ai_next) {
      if (info->ai_family != family || (any && !listeners.empty())) continue;
      const int descriptor = bind_address(*info, port, reuse_port, any);
      if (descriptor < 0) {
        error = errno;
        continue;
      }
      listeners.push_back(std::make_unique<Listener>(environment, descriptor));
      if (port == 0) port = listeners.back()->port();
    }
  }
  if (listeners.empty()) {
    return {Code::kNetwork, "cannot listen on \"" + host + "\" port " + std::to_string(port) +
                                ": " + std::strerror(error)};
  }
  return listeners;
}

Listener::Listener(const Environment& environment, int descriptor)
    : environment_(environment),
      descriptor_(descriptor),
      reserve_(open_reserve()),
      pause_([this] { resume(); }) {
  resume();
}

Listener::~Listener() {
  environment_.watcher.forget(descriptor_, watched_);
  ::close(descriptor_);
  if (reserve_ >= 0) ::close(reserve_);
}

std::uint16_t Listener::port() const {
  return port_of(descriptor_);
}

void Listener::resume() {
  if (reserve_ < 0) reserve_ = open_reserve();
  environment_.watcher.watch(descriptor_, *this, EPOLLIN, watched_);
}

void Listener::on_ready(std::uint32_t) {
  for (int i = 0; i < kAcceptsPerTurn; ++i) {
    sockaddr_storage address = {};
    socklen_t size = sizeof address;
    const int connection = ::accept4(descriptor_, reinterpret_cast<sockaddr*>(&address), &size,
                                     SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (connection >= 0) {
      exhausted_ = false;
      set_option(connection, IPPROTO_TCP, TCP_NODELAY, 1);
      environment_.accepted(connection, address_of(address));
      continue;
    }
    if (errno == EMFILE || errno == ENFILE) {
      out_of_descriptors();
    } else if (errno == ENOBUFS || errno == ENOMEM) {
      environment_.watcher.forget(descriptor_, watched_);
      pause_.start(environment_.timers, environment_.clock.monotonic_ms() + kPauseMs);
    } else if (errno == ECONNABORTED || errno == EINTR || errno == EPROTO) {
      continue;  // That one connection is gone; the next may be fine.
    }
    return;
  }
}

// The connection that waits would wake us for ever. The reserve descriptor takes it for as long
// as it needs to be closed; then accepting rests, because there is nothing to accept with.
void Listener::out_of_descriptors() {
  if (reserve_ >= 0) ::close(reserve_);
  const int connection = ::accept4(descriptor_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (connection >= 0) ::close(connection);
  reserve_ = open_reserve();
  environment_.watcher.forget(descriptor_, watched_);
  environment_.counters.out_of_descriptors.add();
  if (!std::exchange(exhausted_, true)) {
    environment_.log.limited(LogLevel::kWarn, {},
                             "out of file descriptors; connections are refused");
  }
  pause_.start(environment_.timers, environment_.clock.monotonic_ms() + kPauseMs);
}

}  // namespace securechat::net
