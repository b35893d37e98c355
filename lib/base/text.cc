#include "base/text.h"

#include <algorithm>
#include <cstring>
#include <vector>

#include "base/byte_set.h"

namespace securechat {
namespace {

unsigned char byte_at(std::string_view text, std::size_t i) {
  return static_cast<unsigned char>(text[i]);
}

bool is_continuation(unsigned char byte) {
  return (byte & 0xC0) == 0x80;
}

bool has_continuations(std::string_view text, std::size_t at, std::size_t count) {
  if (text.size() - at <= count) {
    return false;
  }
  for (std::size_t i = 1; i <= count; ++i) {
    if (!is_continuation(byte_at(text, at + i))) {
      return false;
    }
  }
  return true;
}

// ECMA-262 WhiteSpace and LineTerminator.
bool is_js_space(char32_t c) {
  return (c >= 0x09 && c <= 0x0D) || c == 0x20 || c == 0xA0 || c == 0x1680 ||
         (c >= 0x2000 && c <= 0x200A) || c == 0x2028 || c == 0x2029 || c == 0x202F || c == 0x205F ||
         c == 0x3000 || c == 0xFEFF;
}

bool is_ascii_space(char c) {
  return c == ' ' || (c >= '\t' && c <= '\r');
}

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

constexpr ByteSet kHtmlSpecial([](unsigned char byte) {
  return is_html_special(static_cast<char>(byte));
});

// Where a control character may begin.
constexpr ByteSet kMayBeControl([](unsigned char byte) { return byte < 0x20 || byte >= 0x7F; });

}  // namespace

std::size_t utf8_sequence_length(std::string_view text, std::size_t position) {
  const unsigned char lead = byte_at(text, position);
  if (lead < 0x80) {
    return 1;
  }
  // The second byte's range excludes overlong forms, surrogates and what lies over U+10FFFF.
  unsigned char low = 0x80;
  unsigned char high = 0xBF;
  std::size_t continuations = 0;
  if (lead >= 0xC2 && lead <= 0xDF) {
    continuations = 1;
  } else if (lead >= 0xE0 && lead <= 0xEF) {
    continuations = 2;
    low = lead == 0xE0 ? 0xA0 : low;
    high = lead == 0xED ? 0x9F : high;
  } else if (lead >= 0xF0 && lead <= 0xF4) {
    continuations = 3;
    low = lead == 0xF0 ? 0x90 : low;
    high = lead == 0xF4 ? 0x8F : high;
  } else {
    return 0;
  }
  if (!has_continuations(text, position, continuations)) {
    return 0;
  }
  const unsigned char second = byte_at(text, position + 1);
  return second >= low && second <= high ? continuations + 1 : 0;
}

bool is_utf8(std::string_view text) {
  std::size_t i = 0;
  while (i < text.size()) {
    // Most text is ASCII: eight bytes at a time.
    if (text.size() - i >= 8) {
      std::uint64_t word = 0;
      std::memcpy(&word, text.data() + i, 8);
      if ((word & 0x8080808080808080U) == 0) {
        i += 8;
        continue;
      }
    }
    const std::size_t length = utf8_sequence_length(text, i);
    if (length == 0) {
      return false;
    }
    i += length;
  }
  return true;
}

char32_t next_code_point(std::string_view text, std::size_t& position) {
  constexpr char32_t kReplacement = 0xFFFD;
  const std::size_t length = utf8_sequence_length(text, position);
  const unsigned char lead = byte_at(text, position);
  if (length <= 1) {
    ++position;
    return length == 1 ? lead : kReplacement;
  }
  char32_t c = lead & (0x7FU >> length);
  for (std::size_t i = 1; i < length; ++i) {
    c = (c << 6) | (byte_at(text, position + i) & 0x3FU);
  }
  position += length;
  return c;
}

std::size_t utf16_length(std::string_view text) {
  std::size_t units = 0;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    units += is_continuation(byte) ? 0U : byte >= 0xF0 ? 2U : 1U;
  }
  return units;
}

std::size_t code_point_count(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return !is_continuation(static_cast<unsigned char>(c));
  }));
}

std::string_view trim(std::string_view text) {
  while (!text.empty()) {
    std::size_t position = 0;
    if (!is_js_space(next_code_point(text, position))) {
      break;
    }
    text.remove_prefix(position);
  }
  while (!text.empty()) {
    std::size_t last = text.size() - 1;
    while (last > 0 && text.size() - last < 4 && is_continuation(byte_at(text, last))) {
      --last;
    }
    std::size_t end = last;
    if (!is_js_space(next_code_point(text, end)) || end != text.size()) {
      break;
    }
    text.remove_suffix(text.size() - last);
  }
  return text;
}

std::string_view trim_ascii(std::string_view text) {
  while (!text.empty() && is_ascii_space(text.front())) {
    text.remove_prefix(1);
  }
  while (!text.empty() && is_ascii_space(text.back())) {
    text.remove_suffix(1);
  }
  return text;
}

std::string ascii_lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), lower);
  return out;
}

bool equals_ignore_case(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return lower(x) == lower(y); });
}

// As validator.escape has it.
std::string_view html_entity(char c) {
  switch (c) {
    case '&':
      return "&amp;";
    case '<':
      return "&lt;";
    case '>':
      return "&gt;";
    case '"':
      return "&quot;";
    case '\'':
      return "&#x27;";
    case '/':
      return "&#x2F;";
    case '\\':
      return "&#x5C;";
    case '`':
      return "&#96;";
    default:
      return {};
  }
}

std::string html_escape(std::string_view text) {
  std::string out;
  out.reserve(text.size() + text.size() / 8);
  std::size_t copied = 0;
  for (std::size_t i = kHtmlSpecial.find(text); i < text.size(); i = kHtmlSpecial.find(text, i)) {
    out.append(text, copied, i - copied);
    out.append(html_entity(text[i]));
    copied = ++i;
  }
  out.append(text, copied);
  return out;
}

// A text has no more units than bytes, so that most need not be counted.
bool html_escaped_fits(std::string_view text, std::size_t utf16_units) {
  std::size_t added = 0;
  for (std::size_t i = kHtmlSpecial.find(text); i < text.size(); i = kHtmlSpecial.find(text, i)) {
    added += html_entity(text[i++]).size() - 1;
  }
  return text.size() + added <= utf16_units || utf16_length(text) + added <= utf16_units;
}

std::string strip_controls(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t plain = kMayBeControl.find(text, i);
    out.append(text, i, plain - i);
    i = plain;
    if (i == text.size()) {
      break;
    }
    const char32_t c = next_code_point(text, i);
    const bool kept_control = c == '\t' || c == '\n';
    if (kept_control || !(is_control(c) || is_bidi_control(c))) {
      out.append(text, plain, i - plain);
    }
  }
  return out;
}

bool is_control(char32_t c) {
  return c < 0x20 || (c >= 0x7F && c <= 0x9F);
}

bool is_bidi_control(char32_t c) {
  return c == 0x061C || c == 0x200E || c == 0x200F || (c >= 0x202A && c <= 0x202E) ||
         (c >= 0x2066 && c <= 0x2069);
}

bool is_zero_width(char32_t c) {
  return (c >= 0x200B && c <= 0x200D) || c == 0x2060 || c == 0xFEFF || c == 0x00AD || c == 0x180E;
}

std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) {
    row[j] = j;
  }
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, replaced});
    }
  }
  return row[b.size()];
}

}  // namespace securechat
