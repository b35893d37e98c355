#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "base/status.h"

namespace securechat {

// Random bytes for the ids that one thread makes, drawn from the cryptographic generator many at a
// time: asking it for 16 bytes costs as much as asking for a thousand. What was given out is wiped.
class RandomPool {
 public:
  ~RandomPool();
  // 2 * `bytes` lower-case hex digits; `bytes` at most 32.
  [[nodiscard]] Result<std::string> hex(std::size_t bytes);
  // The same as base64url.
  [[nodiscard]] Result<std::string> base64url(std::size_t bytes);

 private:
  using Encode = std::string (*)(std::string_view bytes);
  Result<std::string> take(std::size_t bytes, Encode encode);

  std::array<unsigned char, 1'024> bytes_;
  std::size_t left_ = 0;
};

}  // namespace securechat
