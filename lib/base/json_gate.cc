// The strict gate of json.h: one pass over the text, an explicit stack instead of recursion.
#include <algorithm>
#include <charconv>
#include <cmath>
#include <iterator>
#include <vector>

#include "base/byte_set.h"
#include "base/json.h"
#include "base/text.h"

namespace securechat {
namespace {

// cJSON copies a number into a buffer of 64 bytes and would take a longer one for two.
constexpr std::size_t kMaxNumberBytes = 63;

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_space(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

// What a string may not simply consist of.
constexpr ByteSet kSpecial([](unsigned char byte) {
  return byte < 0x20 || byte == '"' || byte == '\\' || byte >= 0x80;
});

void append_utf8(std::string& out, char32_t c) {
  const auto push = [&out](char32_t byte) {
    out.push_back(static_cast<char>(static_cast<unsigned char>(byte)));
  };
  if (c < 0x80) {
    push(c);
  } else if (c < 0x800) {
    push(0xC0 | c >> 6);
    push(0x80 | (c & 0x3F));
  } else if (c < 0x10000) {
    push(0xE0 | c >> 12);
    push(0x80 | (c >> 6 & 0x3F));
    push(0x80 | (c & 0x3F));
  } else {
    push(0xF0 | c >> 18);
    push(0x80 | (c >> 12 & 0x3F));
    push(0x80 | (c >> 6 & 0x3F));
    push(0x80 | (c & 0x3F));
  }
}

class Gate {
 public:
  Gate(std::string_view text, const JsonLimits& limits) : text_(text), limits_(limits) {}

  Status check() {
    if (run()) {
      return {};
    }
    return {Code::kInvalid, "JSON, byte " + std::to_string(at_) + ": " + fault_};
  }

 private:
  // An open object or array.
  struct Level {
    bool object;
    std::size_t first_key;   // Its keys in keys_ ...
    std::size_t first_byte;  // ... and in unescaped_.
  };
  // A key of an open object: a place in the text, or in unescaped_ when it holds escapes.
  struct Key {
    std::size_t at;
    std::size_t begin;
    std::size_t size;
    bool unescaped;
  };

  bool run() {
    if (!value_or_open()) {
      return false;
    }
    while (!levels_.empty()) {
      if (!after_value()) {
        return false;
      }
    }
    skip_space();
    return at_ == text_.size() || fail("something follows the value");
  }

  // Reads a scalar, or opens containers up to and with the first scalar or empty container inside.
  bool value_or_open() {
    for (;;) {
      skip_space();
      if (++nodes_ > limits_.max_nodes) {
        return fail("too many values");
      }
      const char c = peek();
      if (c != '{' && c != '[') {
        return scalar(c);
      }
      if (levels_.size() >= limits_.max_depth) {
        return fail("nested too deep");
      }
      ++at_;
      levels_.push_back({c == '{', keys_.size(), unescaped_.size()});
      skip_space();
      if (peek() == (c == '{' ? '}' : ']')) {
        ++at_;
        levels_.pop_back();
        return true;
      }
      if (c == '{' && !key()) {
        return false;
      }
    }
  }

  // Behind a value inside a container: the comma and the next value, or the end.
  bool after_value() {
    const Level level = levels_.back();
    skip_space();
    const char c = peek();
    if (c == ',') {
      ++at_;
      if (level.object && !key()) {
        return false;
      }
      return value_or_open();
    }
    if (c != (level.object ? '}' : ']')) {
      return fail(level.object ? "expected , or }" : "expected , or ]");
    }
    if (level.object && !keys_differ(level)) {
      return false;
    }
    ++at_;
    levels_.pop_back();
    return true;
  }

  bool scalar(char c) {
    switch (c) {
      case '"':
        return string(nullptr);
      case 't':
        return literal("true");
      case 'f':
        return literal("false");
      case 'n':
        return literal("null");
      default:
        return c == '-' || is_digit(c) ? number() : fail("expected a value");
    }
  }

  bool literal(std::string_view word) {
    if (text_.substr(at_, word.size()) != word) {
      return fail("expected a value");
    }
    at_ += word.size();
    return true;
  }

  bool digits() {
    if (!is_digit(peek())) {
      return fail("a number lacks a digit");
    }
    while (is_digit(peek())) {
      ++at_;
    }
    return true;
  }

  bool number() {
    const std::size_t begin = at_;
    bool exponent_is_negative = false;
    at_ += peek() == '-' ? 1 : 0;
    if (peek() == '0') {
      ++at_;
      if (is_digit(peek())) {
        return fail("a number starts with 0");
      }
    } else if (!digits()) {
      return false;
    }
    if (peek() == '.') {
      ++at_;
      if (!digits()) {
        return false;
      }
    }
    if (peek() == 'e' || peek() == 'E') {
      ++at_;
      exponent_is_negative = peek() == '-';
      at_ += peek() == '-' || peek() == '+' ? 1 : 0;
      if (!digits()) {
        return false;
      }
    }
    const std::string_view text = text_.substr(begin, at_ - begin);
    if (text.size() > kMaxNumberBytes) {
      return fail("a number is too long");
    }
    // from_chars knows no locale. It reports what is too near to zero as out of range too; with at
    // most 63 bytes only a negative exponent leads there.
    double value = 0;
    const std::from_chars_result result =
        std::from_chars(text.data(), text.data() + text.size(), value);
    const bool too_large = result.ec == std::errc::result_out_of_range && !exponent_is_negative;
    return (!too_large && std::isfinite(value)) || fail("a number is too large");
  }

  bool hex4(char32_t& unit) {
    unit = 0;
    for (int i = 0; i < 4; ++i) {
      const char c = peek();
      const char letter = static_cast<char>(c | 0x20);
      if (is_digit(c)) {
        unit = unit << 4 | static_cast<char32_t>(c - '0');
      } else if (letter >= 'a' && letter <= 'f') {
        unit = unit << 4 | static_cast<char32_t>(letter - 'a' + 10);
      } else {
        return fail("\\u needs four hex digits");
      }
      ++at_;
    }
    return true;
  }

  // Behind "\u".
  bool unicode_escape(std::string* unescaped) {
    char32_t c = 0;
    if (!hex4(c)) {
      return false;
    }
    if (c == 0) {
      return fail("\\u0000 is not allowed");
    }
    if (c >= 0xDC00 && c <= 0xDFFF) {
      return fail("a lone surrogate");
    }
    if (c >= 0xD800 && c <= 0xDBFF) {
      if (text_.substr(at_, 2) != "\\u") {
        return fail("a lone surrogate");
      }
      at_ += 2;
      char32_t low = 0;
      if (!hex4(low)) {
        return false;
      }
      if (low < 0xDC00 || low > 0xDFFF) {
        return fail("a lone surrogate");
      }
      c = 0x10000 + ((c - 0xD800) << 10) + (low - 0xDC00);
    }
    if (unescaped != nullptr) {
      append_utf8(*unescaped, c);
    }
    return true;
  }

  // Behind a backslash.
  bool escape(std::string* unescaped) {
    constexpr std::string_view kLetters = "\"\\/bfnrt";
    constexpr std::string_view kMeanings = "\"\\/\b\f\n\r\t";
    const char c = peek();
    if (c == 'u') {
      ++at_;
      return unicode_escape(unescaped);
    }
    const std::size_t i = kLetters.find(c);
    if (at_ >= text_.size() || i == std::string_view::npos) {
      return fail("an unknown escape");
    }
    ++at_;
    if (unescaped != nullptr) {
      unescaped->push_back(kMeanings[i]);
    }
    return true;
  }

  // At the opening quote. The unescaped text is appended to `unescaped`, if any.
  bool string(std::string* unescaped) {
    ++at_;
    for (;;) {
      const std::size_t plain = kSpecial.find(text_, at_) - at_;
      if (unescaped != nullptr) {
        unescaped->append(text_, at_, plain);
      }
      at_ += plain;
      if (at_ >= text_.size()) {
        return fail("a string does not end");
      }
      const auto byte = static_cast<unsigned char>(text_[at_]);
      if (byte == '"') {
        ++at_;
        return true;
      }
      if (byte == '\\') {
        ++at_;
        if (!escape(unescaped)) {
          return false;
        }
        continue;
      }
      if (byte < 0x20) {
        return fail("a control character in a string");
      }
      const std::size_t length = utf8_sequence_length(text_, at_);
      if (length == 0) {
        return fail("invalid UTF-8");
      }
      if (unescaped != nullptr) {
        unescaped->append(text_, at_, length);
      }
      at_ += length;
    }
  }

  // A key and its colon. Most keys hold no escape and are compared where they stand.
  bool key() {
    skip_space();
    if (peek() != '"') {
      return fail("expected a key");
    }
    Key key{at_, at_ + 1, 0, false};
    const std::size_t end = text_.find_first_of("\"\\", at_ + 1);
    key.unescaped = end != std::string_view::npos && text_[end] == '\\';
    if (key.unescaped) {
      key.begin = unescaped_.size();
    }
    if (!string(key.unescaped ? &unescaped_ : nullptr)) {
      return false;
    }
    key.size = (key.unescaped ? unescaped_.size() : at_ - 1) - key.begin;
    keys_.push_back(key);
    skip_space();
    if (peek() != ':') {
      return fail("expected :");
    }
    ++at_;
    return true;
  }

  std::string_view name(const Key& key) const {
    const std::string_view source = key.unescaped ? std::string_view(unescaped_) : text_;
    return source.substr(key.begin, key.size);
  }

  // Sorts the keys of the object that ends here: n log n whatever a peer chose them to be.
  bool keys_differ(const Level& level) {
    const auto first = keys_.begin() + static_cast<std::ptrdiff_t>(level.first_key);
    std::sort(first, keys_.end(), [this](const Key& a, const Key& b) {
      const int order = name(a).compare(name(b));
      return order != 0 ? order < 0 : a.at < b.at;
    });
    const auto twin = std::adjacent_find(
        first, keys_.end(), [this](const Key& a, const Key& b) { return name(a) == name(b); });
    if (twin != keys_.end()) {
      at_ = std::next(twin)->at;
      return fail("a duplicate key");
    }
    keys_.erase(first, keys_.end());
    unescaped_.resize(level.first_byte);
    return true;
  }

  char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  void skip_space() {
    while (is_space(peek())) {
      ++at_;
    }
  }
  bool fail(const char* fault) {
    fault_ = fault;
    return false;
  }

  const std::string_view text_;
  const JsonLimits limits_;
  std::size_t at_ = 0;
  std::size_t nodes_ = 0;
  std::vector<Level> levels_;
  std::vector<Key> keys_;
  std::string unescaped_;
  const char* fault_ = "";
};

}  // namespace

Status json_check(std::string_view text, const JsonLimits& limits) {
  return Gate(text, limits).check();
}

}  // namespace securechat
