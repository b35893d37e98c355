#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "auth/fault.h"
#include "auth/key_set.h"
#include "base/status.h"

namespace securechat::auth {

// The host's calls may ask for longer lives than the options, but not for ever.
inline constexpr std::int64_t kMaxTokenTtlS = std::int64_t{10} * 366 * 24 * 3600;

enum class TokenUse { kAccess, kRefresh };

// Keys and lives of tokens. Access and refresh differ in key, audience suffix and the token_use
// claim, so that neither passes as the other.
struct TokenOptions {
  KeySet keys;
  std::int64_t access_ttl_s = 3600;
  std::int64_t refresh_ttl_s = 7 * 24 * 3600;
  std::string issuer = "securechat";
  std::string audience = "securechat";
  // An external issuer's tokens: algorithm RS256 or ES256 with public keys, one in PEM or a JWK
  // Set. Access tokens are then verified with them and never issued here.
  std::string algorithm = "HS256";
  std::string public_keys;
};

struct Claims {
  std::string user_id;
  std::string username;
  std::string email;
  std::string sid;
  std::string jti;
  std::int64_t issued_at_s = 0;
  std::int64_t expires_at_s = 0;
  std::string json;  // The payload as it stands in the token; filled by verify.
};

// A verified token, or why it is refused: kTokenExpired only when everything else is right.
struct Verified {
  Fault fault = Fault::kTokenInvalid;
  Claims claims;
};

// JSON Web Tokens (RFC 7519, RFC 8725) through libjwt, behind a gate of our own: libjwt 1.10 checks
// neither expiry nor that the header names the key's algorithm. Immutable, safe from any thread.
class Tokens {
 public:
  // kInvalid names the option at fault: a key under 32 bytes, equal keys, an unreadable public key.
  static Result<std::unique_ptr<Tokens>> create(TokenOptions options);
  virtual ~Tokens() = default;

  // `claims` gives user_id, username, email, sid and jti; iat and exp are set from `now_s` and
  // `ttl_s` (0: the option's; at most kMaxTokenTtlS).
  virtual Result<std::string> issue(TokenUse use, const Claims& claims, std::int64_t now_s,
                                    std::int64_t ttl_s = 0) const = 0;
  virtual Verified verify(TokenUse use, std::string_view token, std::int64_t now_s) const = 0;
  [[nodiscard]] virtual std::int64_t access_ttl_s() const = 0;
  [[nodiscard]] virtual std::int64_t refresh_ttl_s() const = 0;
  // Access tokens come from elsewhere: nothing is issued here, and there are no refresh tokens.
  [[nodiscard]] virtual bool external_issuer() const { return false; }
};

}  // namespace securechat::auth
