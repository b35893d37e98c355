#pragma once

#include <atomic>
#include <cstddef>
#include <string>
#include <unordered_map>

#include "base/ip_address.h"
#include "base/seeded_hash.h"
#include "base/thread_annotations.h"

namespace securechat::net {

// The TCP connections of several loops together, and how many of them each address has. One address
// (IpAddress::rate_key) holds at most half of what there may be, so that nobody shuts everybody
// else out by keeping silent connections open. Any thread.
class ConnectionCount {
 public:
  // Whether another connection from `address` fits into `limit`; then it is counted. `many_users`:
  // the address stands for many, as a proxy's does, and may fill all.
  bool add(const IpAddress& address, std::size_t limit, bool many_users)
      SECURECHAT_EXCLUDES(mutex_);
  void remove(const IpAddress& address) SECURECHAT_EXCLUDES(mutex_);
  [[nodiscard]] std::size_t total() const { return total_.load(std::memory_order_relaxed); }

 private:
  Mutex mutex_;
  std::unordered_map<std::string, std::size_t, SeededHash> by_address_
      SECURECHAT_GUARDED_BY(mutex_);
  std::atomic<std::size_t> total_ = 0;  // Changed under the mutex, read without.
};

}  // namespace securechat::net
