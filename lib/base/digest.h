#pragma once

#include <string>
#include <string_view>

#include "base/status.h"

namespace securechat {

// SHA-256 of `bytes`, 32 raw bytes.
Result<std::string> sha256(std::string_view bytes);
// HMAC-SHA256 (RFC 2104), 32 raw bytes.
Result<std::string> hmac_sha256(std::string_view key, std::string_view bytes);

}  // namespace securechat
