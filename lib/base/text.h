#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace securechat {

// Strict UTF-8 (RFC 3629): no overlong forms, no surrogates, nothing over U+10FFFF.
[[nodiscard]] bool is_utf8(std::string_view text);
// How many bytes the code point at `position` takes; 0 when no valid one starts there.
[[nodiscard]] std::size_t utf8_sequence_length(std::string_view text, std::size_t position);
// Decodes the code point at `position` of valid UTF-8 and moves `position` behind it. A byte that
// is not valid there is U+FFFD.
[[nodiscard]] char32_t next_code_point(std::string_view text, std::size_t& position);
// Lengths of valid UTF-8 in UTF-16 code units (JavaScript's String.length) and in code points.
[[nodiscard]] std::size_t utf16_length(std::string_view text);
[[nodiscard]] std::size_t code_point_count(std::string_view text);

// The text without leading and trailing white space as JavaScript's String.prototype.trim sees it
// (ECMA-262 WhiteSpace and LineTerminator). A view into `text`.
[[nodiscard]] std::string_view trim(std::string_view text);
// ASCII white space only.
[[nodiscard]] std::string_view trim_ascii(std::string_view text);
[[nodiscard]] std::string ascii_lower(std::string_view text);
[[nodiscard]] bool equals_ignore_case(std::string_view a, std::string_view b);

// Escapes text for HTML text and quoted attributes exactly once: & < > " ' / \ `.
[[nodiscard]] std::string html_escape(std::string_view text);
// What html_escape puts in the place of `c`; empty when it stays.
[[nodiscard]] std::string_view html_entity(char c);
[[nodiscard]] constexpr bool is_html_special(char c) {
  return std::string_view("&<>\"'/\\`").find(c) != std::string_view::npos;
}
// Whether html_escape(text) has at most so many UTF-16 units, without building it.
[[nodiscard]] bool html_escaped_fits(std::string_view text, std::size_t utf16_units);

// Removes C0 controls except tab and newline, DEL, C1 controls, and bidirectional controls.
[[nodiscard]] std::string strip_controls(std::string_view text);
[[nodiscard]] bool is_control(char32_t c);       // C0, DEL, C1
[[nodiscard]] bool is_bidi_control(char32_t c);  // U+061C, U+200E/F, U+202A-E, U+2066-9
[[nodiscard]] bool is_zero_width(char32_t c);    // U+200B-D, U+2060, U+FEFF, U+00AD, U+180E

// 2026-11-24T07:00:00.000Z, as JavaScript's Date.prototype.toISOString. Written in place, because
// every message says its time twice.
class Iso8601 {
 public:
  explicit Iso8601(std::int64_t unix_ms);
  [[nodiscard]] std::string_view text() const { return {text_.data(), size_}; }

 private:
  void put(char c) { text_[size_++] = c; }
  // Decimal, in exactly `width` digits.
  void put(std::int64_t value, std::size_t width);

  std::array<char, 32> text_;
  std::size_t size_ = 0;
};
[[nodiscard]] std::string iso8601(std::int64_t unix_ms);
// Parses what iso8601 makes for the years 0 to 9999; -1 when it is anything else.
[[nodiscard]] std::int64_t parse_iso8601(std::string_view text);

// Decodes base64url without padding (RFC 4648 section 5); false on any other byte, a length that
// cannot be, or unused bits that are not zero: one value has one spelling.
[[nodiscard]] bool base64url_decode(std::string_view text, std::string& out);
[[nodiscard]] std::string base64url_encode(std::string_view bytes);
// The same with the alphabet and the padding of section 4.
[[nodiscard]] bool base64_decode(std::string_view text, std::string& out);
void base64_append(std::string& out, std::string_view bytes);
[[nodiscard]] std::string hex_encode(std::string_view bytes);

// The number of single-character edits between two short words; suggests the nearest option key.
[[nodiscard]] std::size_t edit_distance(std::string_view a, std::string_view b);

}  // namespace securechat
