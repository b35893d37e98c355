#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "load/histogram.h"
#include "load/ledger.h"

namespace securechat::bench {

// The one line of JSON that a run ends with. Keys are ours, and no value needs escaping but text.
class Report {
 public:
  Report& text(std::string_view key, std::string_view value);
  Report& count(std::string_view key, std::uint64_t value);
  Report& real(std::string_view key, double value);
  // p50, p90, p99 and the largest, in microseconds.
  Report& latency(std::string_view key, const Histogram& histogram);
  Report& faults(const Faults& faults);

  [[nodiscard]] std::string line() const { return "{" + members_ + "}\n"; }

 private:
  void member(std::string_view key, std::string_view value);
  std::string members_;
};

}  // namespace securechat::bench
