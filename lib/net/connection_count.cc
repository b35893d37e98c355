#include "net/connection_count.h"

#include <algorithm>

namespace securechat::net {

bool ConnectionCount::add(const IpAddress& address, std::size_t limit, bool many_users) {
  MutexLock lock(mutex_);
  if (total() >= limit) return false;
  std::size_t& count = by_address_[address.rate_key()];
  if (!many_users && count >= std::max<std::size_t>(limit / 2, 1)) return false;
  ++count;
  total_.fetch_add(1, std::memory_order_relaxed);
  return true;
}

void ConnectionCount::remove(const IpAddress& address) {
  MutexLock lock(mutex_);
  const auto found = by_address_.find(address.rate_key());
  if (found == by_address_.end()) return;
  if (--found->second == 0) by_address_.erase(found);
  total_.fetch_sub(1, std::memory_order_relaxed);
}

}  // namespace securechat::net
