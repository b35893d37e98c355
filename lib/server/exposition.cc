#include "server/exposition.h"

#include <array>
#include <charconv>

namespace securechat::server {
namespace {

std::string text_of(double value) {
  std::array<char, 32> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
  return {digits.data(), end};
}

void append_label_value(std::string& text, std::string_view value) {
  for (const char c : value) {
    if (c == '\n') {
      text += "\\n";
      continue;
    }
    if (c == '"' || c == '\\') text += '\\';
    text += c;
  }
}

}  // namespace

void Exposition::family(std::string_view name, std::string_view type, std::string_view help) {
  family_ = "securechat_" + std::string(name);
  text_.append("# HELP ").append(family_).append(" ").append(help).append("\n# TYPE ");
  text_.append(family_).append(" ").append(type).append("\n");
}

void Exposition::write(std::string_view suffix, Labels labels, std::string_view value) {
  text_.append(family_).append(suffix);
  char before = '{';
  for (const auto& [name, label] : labels) {
    text_.append(1, before).append(name).append("=\"");
    append_label_value(text_, label);
    text_ += '"';
    before = ',';
  }
  if (labels.size() > 0) text_ += '}';
  text_.append(" ").append(value).append("\n");
}

void Exposition::sample(std::uint64_t value, Labels labels) {
  write({}, labels, std::to_string(value));
}

void Exposition::sample_signed(std::int64_t value, Labels labels) {
  write({}, labels, std::to_string(value));
}

void Exposition::sample_real(double value, Labels labels) {
  write({}, labels, text_of(value));
}

// Buckets are cumulative, and the count is that of the last one, so that the two agree although
// somebody counts meanwhile.
void Exposition::histogram(const HistogramValues& values) {
  std::uint64_t total = 0;
  for (std::size_t i = 0; i < values.counts.size(); ++i) {
    total += values.counts[i];
    const std::string bound = i < values.bounds.size() ? text_of(values.bounds[i]) : "+Inf";
    write("_bucket", {{"le", bound}}, std::to_string(total));
  }
  write("_sum", {}, text_of(values.sum));
  write("_count", {}, std::to_string(total));
}

}  // namespace securechat::server
