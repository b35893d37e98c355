#pragma once

#include <cstdint>
#include <string_view>

namespace securechat {

// Strict UTF-8 (RFC 3629) of a text that comes in pieces, cut anywhere. A wrong byte is found in
// the piece that holds it, not at the end of the text.
class Utf8Checker {
 public:
  // False from the first wrong byte on.
  [[nodiscard]] bool add(std::string_view piece);
  // Whether the text may end here: not inside a code point.
  [[nodiscard]] bool complete() const { return missing_ == 0; }

 private:
  [[nodiscard]] bool begin(std::uint8_t byte);
  [[nodiscard]] bool go_on(std::uint8_t byte);

  std::uint8_t missing_ = 0;  // Continuation bytes of the code point so far.
  std::uint8_t lowest_ = 0;   // What the next of them may be.
  std::uint8_t highest_ = 0;
};

}  // namespace securechat
