#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>

// What the kernel says of the server under test.
namespace securechat::bench {

// User and system time of all threads, in seconds, at the kernel's resolution of 10 ms.
[[nodiscard]] std::optional<double> cpu_seconds(pid_t pid);

struct Memory {
  std::int64_t pss_kb = 0;
  std::int64_t rss_kb = 0;
};
[[nodiscard]] std::optional<Memory> memory_of(pid_t pid);

}  // namespace securechat::bench
