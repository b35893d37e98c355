#pragma once

#include <chrono>
#include <cstdint>

namespace securechat::bench {

// Nanoseconds of the monotonic clock; sender and receivers are one process, so their times compare.
inline std::int64_t now_ns() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

inline constexpr std::int64_t kNsPerMs = 1'000'000;

}  // namespace securechat::bench
