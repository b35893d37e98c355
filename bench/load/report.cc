#include "load/report.h"

#include <array>
#include <cstdio>

namespace securechat::bench {

void Report::member(std::string_view key, std::string_view value) {
  if (!members_.empty()) members_.append(",");
  members_.append("\"").append(key).append("\":").append(value);
}

Report& Report::text(std::string_view key, std::string_view value) {
  std::string quoted = "\"";
  for (const char c : value) {
    if (c == '"' || c == '\\') quoted.push_back('\\');
    quoted.push_back(static_cast<unsigned char>(c) < 0x20 ? ' ' : c);
  }
  member(key, quoted + "\"");
  return *this;
}

Report& Report::count(std::string_view key, std::uint64_t value) {
  member(key, std::to_string(value));
  return *this;
}

Report& Report::real(std::string_view key, double value) {
  std::array<char, 32> digits = {};
  std::snprintf(digits.data(), digits.size(), "%.3f", value);
  member(key, digits.data());
  return *this;
}

Report& Report::latency(std::string_view key, const Histogram& histogram) {
  const auto us = [](std::int64_t ns) {
    return static_cast<double>(ns) / 1000;
  };
  Report inner;
  inner.real("p50", us(histogram.percentile(0.50)))
      .real("p90", us(histogram.percentile(0.90)))
      .real("p99", us(histogram.percentile(0.99)))
      .real("max", us(histogram.largest()));
  member(key, "{" + inner.members_ + "}");
  return *this;
}

Report& Report::faults(const Faults& faults) {
  Report inner;
  inner.count("lost", faults.lost)
      .count("repeated", faults.repeated)
      .count("disordered", faults.disordered)
      .count("foreign", faults.foreign);
  member("faults", "{" + inner.members_ + "}");
  return *this;
}

}  // namespace securechat::bench
