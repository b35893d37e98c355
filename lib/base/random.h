#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "base/status.h"

namespace securechat {

// Fills `out` from the cryptographic generator. A failure must be passed on: nothing may go on
// with bytes that are not random.
Status random_bytes(std::span<unsigned char> out);

// 2 * `bytes` lower-case hex digits.
Result<std::string> random_hex(std::size_t bytes);

// `bytes` random bytes as base64url without padding (RFC 4648 section 5).
Result<std::string> random_base64url(std::size_t bytes);

}  // namespace securechat
