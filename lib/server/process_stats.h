#pragma once

#include <cstdint>
#include <optional>

namespace securechat::server {

// What the operating system says of this process. What it does not say is not there. Reading takes
// up to milliseconds: not on a loop.
struct ProcessStats {
  std::optional<std::uint64_t> resident_bytes;
  std::optional<std::uint64_t> open_descriptors;
  std::optional<std::uint64_t> max_descriptors;
  std::optional<double> cpu_seconds;  // Of all threads, in user and in kernel mode.

  static ProcessStats read();
};

}  // namespace securechat::server
