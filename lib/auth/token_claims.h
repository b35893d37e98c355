#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "auth/tokens.h"

namespace securechat::auth {

// How far the clocks of issuer and server may differ for iat and nbf. There is no leeway on exp.
inline constexpr std::int64_t kClockSkewS = 60;

// What the claims of a token are held against.
struct ExpectedClaims {
  std::string_view issuer;
  std::string_view audience;
  std::string_view token_use;  // Empty for an external issuer, whose tokens have none.
  std::int64_t now_s = 0;
};

// The value of token_use.
[[nodiscard]] std::string_view token_use_name(TokenUse use);
// Access and refresh tokens have an audience each.
[[nodiscard]] std::string audience_of(TokenUse use, std::string_view audience);

// Checks the payload of a token whose signature is good: every required claim with its JSON type,
// issuer, audience, use and times. kTokenExpired only when the end is all that is wrong.
[[nodiscard]] Verified check_claims(std::string payload, const ExpectedClaims& expected);

// The same for the tokens of an external issuer: `sub` and `username` (or `name`) say who it is;
// `email`, `sid` and `jti` are optional, and `aud` may be a list (RFC 7519, section 4.1.3).
[[nodiscard]] Verified check_external_claims(std::string payload, const ExpectedClaims& expected);

}  // namespace securechat::auth
