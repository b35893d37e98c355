#include "base/utf8_checker.h"

#include <cstring>

namespace securechat {

namespace {

constexpr std::uint8_t kLowest = 0x80;
constexpr std::uint8_t kHighest = 0xBF;

bool is_ascii(const char* eight_bytes) {
  std::uint64_t word = 0;
  std::memcpy(&word, eight_bytes, sizeof word);
  return (word & 0x8080'8080'8080'8080U) == 0;
}

}  // namespace

bool Utf8Checker::add(std::string_view piece) {
  const char* at = piece.data();
  const char* const end = at + piece.size();
  while (at != end) {
    if (missing_ == 0 && end - at >= 8 && is_ascii(at)) {
      at += 8;
      continue;
    }
    const auto byte = static_cast<std::uint8_t>(*at++);
    if (!(missing_ == 0 ? begin(byte) : go_on(byte))) return false;
  }
  return true;
}

// The first byte narrows what the second may be, so that overlong forms, surrogates and everything
// above U+10FFFF end at their second byte (RFC 3629 section 4).
bool Utf8Checker::begin(std::uint8_t byte) {
  if (byte < 0x80) return true;
  if (byte < 0xC2 || byte > 0xF4) return false;
  missing_ = byte < 0xE0 ? 1 : byte < 0xF0 ? 2 : 3;
  lowest_ = byte == 0xE0 ? 0xA0 : byte == 0xF0 ? 0x90 : kLowest;
  highest_ = byte == 0xED ? 0x9F : byte == 0xF4 ? 0x8F : kHighest;
  return true;
}

bool Utf8Checker::go_on(std::uint8_t byte) {
  if (byte < lowest_ || byte > highest_) return false;
  --missing_;
  lowest_ = kLowest;
  highest_ = kHighest;
  return true;
}

}  // namespace securechat
