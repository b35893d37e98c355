#include <array>
#include <charconv>

#include "base/byte_set.h"
#include "base/json.h"
#include "base/text.h"

namespace securechat {
namespace {

// What stands for `c` in a JSON string; empty when `c` stands for itself.
std::string_view short_escape(char c) {
  switch (c) {
    case '"':
      return "\\\"";
    case '\\':
      return "\\\\";
    case '\b':
      return "\\b";
    case '\f':
      return "\\f";
    case '\n':
      return "\\n";
    case '\r':
      return "\\r";
    case '\t':
      return "\\t";
    default:
      return {};
  }
}

// U+2028 and U+2029 are E2 80 A8 and E2 80 A9.
constexpr bool may_need_escape(unsigned char byte) {
  return byte < 0x20 || byte == '"' || byte == '\\' || byte == 0xE2;
}
constexpr ByteSet kMayNeedEscape(may_need_escape);
// The same of HTML text: whatever is special there has an entity, and entities need no escape.
constexpr ByteSet kMayNeedEscapeAsHtml([](unsigned char byte) {
  return may_need_escape(byte) || is_html_special(static_cast<char>(byte));
});

void append_escaped_control(std::string& out, char c) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  out.append("\\u00");
  out.push_back(kDigits[static_cast<unsigned char>(c) >> 4]);
  out.push_back(kDigits[static_cast<unsigned char>(c) & 0xF]);
}

// Appends the string with its quotes; `stops` are the bytes that may need an escape, and `entity`
// says what stands for one of them before JSON is asked. Runs without any are copied whole.
template <typename Entity>
void append_escaped(std::string& out, std::string_view text, const ByteSet& stops, Entity entity) {
  out.push_back('"');
  std::size_t copied = 0;
  for (std::size_t i = stops.find(text); i < text.size(); i = stops.find(text, i)) {
    const char c = text[i];
    const bool separator = text.substr(i, 3) == "\u2028" || text.substr(i, 3) == "\u2029";
    if (c == '\xE2' && !separator) {
      ++i;
      continue;
    }
    out.append(text, copied, i - copied);
    if (separator) {
      out.append(text[i + 2] == '\xA8' ? "\\u2028" : "\\u2029");
      i += 2;
    } else if (const std::string_view html = entity(c); !html.empty()) {
      out.append(html);
    } else if (const std::string_view escape = short_escape(c); !escape.empty()) {
      out.append(escape);
    } else {
      append_escaped_control(out, c);
    }
    copied = ++i;
  }
  out.append(text, copied, text.size() - copied);
  out.push_back('"');
}

}  // namespace

void json_append_string(std::string& out, std::string_view text) {
  append_escaped(out, text, kMayNeedEscape, [](char /*c*/) { return std::string_view(); });
}

void json_append_html(std::string& out, std::string_view text) {
  append_escaped(out, text, kMayNeedEscapeAsHtml, html_entity);
}

std::string json_string(std::string_view text) {
  std::string out;
  json_append_string(out, text);
  return out;
}

JsonWriter& JsonWriter::begin_object() {
  separate();
  out_.push_back('{');
  needs_comma_ = false;
  return *this;
}

JsonWriter& JsonWriter::end_object() {
  out_.push_back('}');
  needs_comma_ = true;
  return *this;
}

JsonWriter& JsonWriter::begin_array() {
  separate();
  out_.push_back('[');
  needs_comma_ = false;
  return *this;
}

JsonWriter& JsonWriter::end_array() {
  out_.push_back(']');
  needs_comma_ = true;
  return *this;
}

JsonWriter& JsonWriter::key(JsonKey key) {
  separate();
  out_.push_back('"');
  out_.append(key.name()).append("\":");
  needs_comma_ = false;
  return *this;
}

JsonWriter& JsonWriter::key_text(std::string_view name) {
  separate();
  json_append_string(out_, name);
  out_.push_back(':');
  needs_comma_ = false;
  return *this;
}

JsonWriter& JsonWriter::string(std::string_view value) {
  separate();
  json_append_string(out_, value);
  return *this;
}

JsonWriter& JsonWriter::html(std::string_view value) {
  separate();
  json_append_html(out_, value);
  return *this;
}

JsonWriter& JsonWriter::integer(std::int64_t value) {
  std::array<char, 20> text;  // As long as INT64_MIN.
  const std::to_chars_result end = std::to_chars(text.data(), text.data() + text.size(), value);
  return raw({text.data(), static_cast<std::size_t>(end.ptr - text.data())});
}

JsonWriter& JsonWriter::boolean(bool value) {
  return raw(value ? "true" : "false");
}

JsonWriter& JsonWriter::null() {
  return raw("null");
}

JsonWriter& JsonWriter::raw(std::string_view value) {
  separate();
  out_.append(value);
  return *this;
}

void JsonWriter::separate() {
  if (needs_comma_) {
    out_.push_back(',');
  }
  needs_comma_ = true;
}

}  // namespace securechat
