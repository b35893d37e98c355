#include "base/json_fields.h"

#include <charconv>
#include <cmath>

#include "base/byte_set.h"
#include "base/json.h"
#include "base/text.h"

namespace securechat {
namespace {

constexpr double kMaxExactInteger = 9007199254740991.0;  // 2^53 - 1

constexpr ByteSet kBorder([](unsigned char byte) {
  return byte == '"' || byte == '[' || byte == ']' || byte == '{' || byte == '}';
});
constexpr ByteSet kScalarEnd([](unsigned char byte) {
  return byte == ',' || byte == ']' || byte == '}' || byte == ' ' || byte == '\t' || byte == '\n' ||
         byte == '\r';
});
constexpr ByteSet kNoSpace([](unsigned char byte) {
  return byte != ' ' && byte != '\t' && byte != '\n' && byte != '\r';
});

// Where the string ends that begins at `at`: behind the first quote in front of which stands an
// even number of backslashes.
std::size_t string_end(std::string_view text, std::size_t at) {
  const std::size_t begin = at + 1;
  for (at = begin; (at = text.find('"', at)) != std::string_view::npos; ++at) {
    std::size_t first = at;
    while (first > begin && text[first - 1] == '\\') --first;
    if ((at - first) % 2 == 0) return at + 1;
  }
  return text.size();
}

// The same of any value, which is well-formed.
std::size_t value_end(std::string_view text, std::size_t at) {
  if (text[at] == '"') return string_end(text, at);
  if (text[at] != '[' && text[at] != '{') return kScalarEnd.find(text, at);
  std::size_t depth = 0;
  while ((at = kBorder.find(text, at)) < text.size()) {
    if (text[at] == '"') {
      at = string_end(text, at);
      continue;
    }
    depth += text[at] == '[' || text[at] == '{' ? 1U : -std::size_t{1};
    ++at;
    if (depth == 0) return at;
  }
  return text.size();
}

bool is_key(std::string_view quoted, std::string_view key) {
  const std::string_view inside = quoted.substr(1, quoted.size() - 2);
  if (inside == key) return true;
  // An escape takes up to six bytes for one; a name that cannot be it is not decoded.
  const std::size_t escape = inside.find('\\');
  return escape != std::string_view::npos && inside.size() > key.size() &&
         inside.size() <= 6 * key.size() && key.starts_with(inside.substr(0, escape)) &&
         json_unquote(quoted) == key;
}

}  // namespace

std::optional<std::string> JsonField::as_string() const {
  return json_unquote(value_);
}

std::optional<bool> JsonField::as_bool() const {
  if (value_ == "true") return true;
  if (value_ == "false") return false;
  return std::nullopt;
}

std::optional<std::int64_t> JsonField::as_integer() const {
  if (value_.empty() || (value_.front() != '-' && (value_.front() < '0' || value_.front() > '9'))) {
    return std::nullopt;
  }
  double value = 0;  // As it stays when the number is too near to zero.
  std::from_chars(value_.data(), value_.data() + value_.size(), value);
  if (std::fabs(value) > kMaxExactInteger || std::trunc(value) != value) return std::nullopt;
  return static_cast<std::int64_t>(value);
}

JsonField JsonFields::operator[](std::string_view key) const {
  std::size_t at = kNoSpace.find(object_);
  if (at == object_.size() || object_[at] != '{') return {};
  // Behind a bracket or a comma stands a key, or the closing bracket of an empty object.
  while ((at = kNoSpace.find(object_, at + 1)) < object_.size() && object_[at] == '"') {
    const std::size_t key_end = string_end(object_, at);
    const std::string_view name = object_.substr(at, key_end - at);
    at = kNoSpace.find(object_, key_end);  // The colon.
    if (at == object_.size()) break;
    at = kNoSpace.find(object_, at + 1);
    if (at == object_.size()) break;
    const std::size_t end = value_end(object_, at);
    if (is_key(name, key)) return JsonField(object_.substr(at, end - at));
    at = kNoSpace.find(object_, end);
    if (at == object_.size()) break;
  }
  return {};
}

std::optional<JsonArrayParts> json_array_parts(std::string_view text) {
  text = trim_ascii(text);
  if (text.size() < 2 || text.front() != '[' || text.back() != ']') return std::nullopt;
  text = trim_ascii(text.substr(1, text.size() - 2));
  if (text.empty()) return JsonArrayParts{};
  const std::size_t end = value_end(text, 0);
  const std::size_t comma = kNoSpace.find(text, end);
  if (comma == text.size()) return JsonArrayParts{text.substr(0, end), {}};
  return JsonArrayParts{text.substr(0, end), trim_ascii(text.substr(comma + 1))};
}

}  // namespace securechat
