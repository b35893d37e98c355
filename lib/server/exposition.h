#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

#include "base/metrics.h"

namespace securechat::server {

// Writes Prometheus' text format, version 0.0.4: families of samples, each family once, its samples
// together.
class Exposition {
 public:
  using Labels = std::initializer_list<std::pair<std::string_view, std::string_view>>;

  // Begins a family; `name` gets our prefix, and what follows belongs to it. A counter's name ends
  // with _total. `help` is a sentence of ours.
  void family(std::string_view name, std::string_view type, std::string_view help);
  void sample(std::uint64_t value, Labels labels = {});
  void sample_signed(std::int64_t value, Labels labels = {});
  void sample_real(double value, Labels labels = {});
  void histogram(const HistogramValues& values);

  // A family of one sample.
  void counter(std::string_view name, std::string_view help, std::uint64_t value) {
    family(name, "counter", help);
    sample(value);
  }
  void gauge(std::string_view name, std::string_view help, std::uint64_t value) {
    family(name, "gauge", help);
    sample(value);
  }

  [[nodiscard]] std::string take() { return std::move(text_); }

 private:
  void write(std::string_view suffix, Labels labels, std::string_view value);

  std::string text_;
  std::string family_;
};

}  // namespace securechat::server
