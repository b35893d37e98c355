#pragma once

#include <cstdint>
#include <vector>

#include "base/status.h"

namespace securechat::net {

// What is told when a watched descriptor is ready.
class Watched {
 public:
  virtual void on_ready(std::uint32_t events) = 0;

 protected:
  ~Watched() = default;
};

// A private epoll set for what libwebsockets does not watch: our listening sockets, and HTTP
// connections whose answer is being written. The set is itself one descriptor, which libwebsockets
// polls as a raw file, so that it works on libuv and on the poll loop alike.
class Watcher {
 public:
  static Result<Watcher> create();
  Watcher(Watcher&& other) noexcept;
  Watcher& operator=(Watcher&& other) noexcept;
  ~Watcher();

  // A second descriptor of the set, for libwebsockets to poll and to close.
  [[nodiscard]] int duplicate() const;
  // Watches for `events` (EPOLLIN, ...) from now on; 0 forgets the descriptor. Returns whether it
  // is watched as asked.
  bool watch(int descriptor, Watched& watched, std::uint32_t events, std::uint32_t& current);
  void forget(int descriptor, std::uint32_t& current);
  // Tells everyone who is ready.
  void dispatch();

 private:
  explicit Watcher(int descriptor) : descriptor_(descriptor) {}
  int descriptor_ = -1;
};

}  // namespace securechat::net
