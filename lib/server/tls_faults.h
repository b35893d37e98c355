#pragma once

#include <cstdint>

#include "base/clock.h"
#include "base/ip_address.h"
#include "base/rate_limiter.h"
#include "net/loop.h"

namespace securechat::server {

// Failed TLS handshakes by address: each that counts (net::TlsFault) costs us work, and whoever
// only fails has nothing to say. Beyond the budget connections from there are closed when they are
// accepted, until the failures are a minute old. Loopback is let in: a scanner of the operator's
// own runs there. Of trusted proxies the loop does not ask. Any thread.
class TlsFaults {
 public:
  static constexpr std::int64_t kPerMinute = 300;

  explicit TlsFaults(const Clock& clock) : clock_(clock) {}

  void count(const net::TlsFault& fault) {
    if (fault.counts) faults_.attempt(fault.peer.rate_key(), clock_.monotonic_ms());
  }
  [[nodiscard]] bool admits(const IpAddress& peer) const {
    return peer.is_loopback() || faults_.peek(peer.rate_key(), clock_.monotonic_ms()).allowed;
  }

 private:
  const Clock& clock_;
  RateLimiter faults_{kPerMinute, 60'000, false};
};

}  // namespace securechat::server
