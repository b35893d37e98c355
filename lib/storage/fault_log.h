#pragma once

#include <cstdint>
#include <string_view>

#include "base/clock.h"
#include "base/log.h"

namespace securechat::storage {

// Writes the faults of one connection to the log. A full disk fails every statement: at most one
// line a second is written, and the next one says how many were left out. One thread.
class FaultLog {
 public:
  // Both must outlive it.
  FaultLog(const Clock& clock, Logger& log) : clock_(clock), log_(log) {}

  // `message` is a sentence of ours; `detail` is what SQLite or the library says.
  void report(std::string_view message, std::string_view detail);

 private:
  const Clock& clock_;
  Logger& log_;
  std::int64_t silent_until_ms_ = INT64_MIN;
  std::int64_t left_out_ = 0;
};

}  // namespace securechat::storage
