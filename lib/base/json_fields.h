#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace securechat {

// A member of a JSON object where it stands in its text, or nothing. Getters never convert.
class JsonField {
 public:
  JsonField() = default;
  explicit JsonField(std::string_view value) : value_(value) {}

  [[nodiscard]] bool exists() const { return !value_.empty(); }
  [[nodiscard]] std::optional<std::string> as_string() const;
  [[nodiscard]] std::optional<bool> as_bool() const;
  // An integer that a double holds exactly, |n| <= 2^53 - 1.
  [[nodiscard]] std::optional<std::int64_t> as_integer() const;

 private:
  std::string_view value_;
};

// The members of a JSON object in its own text, after json_check: looked for when they are asked
// for, so that no tree is built of what one message carries. Borrows the text.
class JsonFields {
 public:
  JsonFields() = default;
  // Anything but an object has no members.
  explicit JsonFields(std::string_view object) : object_(object) {}

  [[nodiscard]] JsonField operator[](std::string_view key) const;

 private:
  std::string_view object_;
};

// The first element of a JSON array, and those behind it as they stand between the commas and
// brackets, after json_check. Both empty when there are none; nothing when `text` is no array.
struct JsonArrayParts {
  std::string_view first;
  std::string_view rest;
};
[[nodiscard]] std::optional<JsonArrayParts> json_array_parts(std::string_view text);

}  // namespace securechat
