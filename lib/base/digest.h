#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/status.h"

namespace securechat {

// SHA-256 of `bytes`, 32 raw bytes.
Result<std::string> sha256(std::string_view bytes);
// HMAC-SHA256 (RFC 2104), 32 raw bytes.
Result<std::string> hmac_sha256(std::string_view key, std::string_view bytes);
// HMAC-SHA384, 48 raw bytes.
Result<std::string> hmac_sha384(std::string_view key, std::string_view bytes);

// HMAC-SHA256 for many texts under one key, which OpenSSL then prepares once: a third of the work
// for a text of the size of a token. Any thread.
class HmacSha256 {
 public:
  static Result<HmacSha256> create(std::string_view key);
  [[nodiscard]] Result<std::string> of(std::string_view bytes) const;

 private:
  // An EVP_MAC_CTX that has its key. Shared, so that the object can be copied.
  explicit HmacSha256(std::shared_ptr<void> keyed) : keyed_(std::move(keyed)) {}
  std::shared_ptr<void> keyed_;
};

}  // namespace securechat
