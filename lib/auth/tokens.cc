#include "auth/tokens.h"

#include <jwt.h>

#include <cstdlib>
#include <optional>
#include <utility>

#include "auth/hmac_keys.h"
#include "auth/public_keys.h"
#include "auth/token_claims.h"
#include "auth/token_gate.h"
#include "auth/token_keys.h"
#include "base/json.h"

namespace securechat::auth {
namespace {

struct JwtDeleter {
  void operator()(jwt_t* jwt) const { jwt_free(jwt); }
};
using Jwt = std::unique_ptr<jwt_t, JwtDeleter>;

struct FreeDeleter {
  void operator()(char* text) const { std::free(text); }
};

const unsigned char* key_bytes(std::string_view key) {
  return reinterpret_cast<const unsigned char*>(key.data());
}

class JwtTokens final : public Tokens {
 public:
  JwtTokens(TokenOptions options, HmacKeys access, HmacKeys refresh,
            std::optional<PublicKeys> issuer)
      : options_(std::move(options)),
        access_(std::move(access)),
        refresh_(std::move(refresh)),
        issuer_(std::move(issuer)) {}

  Result<std::string> issue(TokenUse use, const Claims& claims, std::int64_t now_s,
                            std::int64_t ttl_s) const override;
  Verified verify(TokenUse use, std::string_view token, std::int64_t now_s) const override;
  [[nodiscard]] std::int64_t access_ttl_s() const override { return options_.access_ttl_s; }
  [[nodiscard]] std::int64_t refresh_ttl_s() const override { return options_.refresh_ttl_s; }
  [[nodiscard]] bool external_issuer() const override { return issuer_.has_value(); }

 private:
  [[nodiscard]] const HmacKey& signing_key(TokenUse use) const {
    return (use == TokenUse::kAccess ? options_.keys.access : options_.keys.refresh).front();
  }
  [[nodiscard]] bool signature_is_good(TokenUse use, const CompactToken& parts) const;
  [[nodiscard]] std::string payload_of(TokenUse use, const Claims& claims, std::int64_t now_s,
                                       std::int64_t ttl_s) const;

  const TokenOptions options_;
  const HmacKeys access_;
  const HmacKeys refresh_;
  const std::optional<PublicKeys> issuer_;  // Of an external issuer, which then signs all tokens.
};

std::string JwtTokens::payload_of(TokenUse use, const Claims& claims, std::int64_t now_s,
                                  std::int64_t ttl_s) const {
  std::string json;
  JsonWriter(json)
      .begin_object()
      .key("userId")
      .string(claims.user_id)
      .key("username")
      .string(claims.username)
      .key("email")
      .string(claims.email)
      .key("iss")
      .string(options_.issuer)
      .key("aud")
      .string(audience_of(use, options_.audience))
      .key("sub")
      .string(claims.user_id)
      .key("iat")
      .integer(now_s)
      .key("exp")
      .integer(now_s + ttl_s)
      .key("jti")
      .string(claims.jti)
      .key("sid")
      .string(claims.sid)
      .key("token_use")
      .string(token_use_name(use))
      .end_object();
  return json;
}

Result<std::string> JwtTokens::issue(TokenUse use, const Claims& claims, std::int64_t now_s,
                                     std::int64_t ttl_s) const {
  if (issuer_) {
    return {Code::kUnsupported,
            "tokens come from an external issuer (auth.public_key); this server issues none"};
  }
  if (ttl_s < 0 || ttl_s > kMaxTokenTtlS) {
    return {Code::kInvalid, "the life of a token is from 1 second to 10 years"};
  }
  if (ttl_s == 0) {
    ttl_s = use == TokenUse::kAccess ? options_.access_ttl_s : options_.refresh_ttl_s;
  }
  const Status failed(Code::kInternal, "libjwt could not make the token");
  jwt_t* raw = nullptr;
  if (jwt_new(&raw) != 0) {
    return failed;
  }
  const Jwt jwt(raw);
  const std::string payload = payload_of(use, claims, now_s, ttl_s);
  const HmacKey& signer = signing_key(use);
  const std::string_view key = signer.key.view();
  if ((!signer.kid.empty() && jwt_add_header(jwt.get(), "kid", signer.kid.c_str()) != 0) ||
      jwt_add_grants_json(jwt.get(), payload.c_str()) != 0 ||
      jwt_set_alg(jwt.get(), JWT_ALG_HS256, key_bytes(key), static_cast<int>(key.size())) != 0) {
    return failed;
  }
  const std::unique_ptr<char, FreeDeleter> text(jwt_encode_str(jwt.get()));
  if (!text) {
    return failed;
  }
  std::string token(text.get());
  wipe(text.get(), token.size());
  if (token.size() > kMaxTokenBytes) {
    return {Code::kInvalid, "the claims are too long for a token"};
  }
  return token;
}

bool JwtTokens::signature_is_good(TokenUse use, const CompactToken& parts) const {
  if (issuer_) {
    return issuer_->signed_by_one(parts);
  }
  return (use == TokenUse::kAccess ? access_ : refresh_).signed_by_one(parts);
}

Verified JwtTokens::verify(TokenUse use, std::string_view token, std::int64_t now_s) const {
  if (issuer_ && use == TokenUse::kRefresh) {
    return {};
  }
  std::optional<CompactToken> parts = open_compact_token(token, options_.algorithm);
  if (!parts || !signature_is_good(use, *parts)) {
    return {};
  }
  const std::string audience = audience_of(use, options_.audience);
  ExpectedClaims expected{options_.issuer, audience, {}, now_s};
  if (issuer_) {
    return check_external_claims(std::move(parts->payload), expected);
  }
  expected.token_use = token_use_name(use);
  return check_claims(std::move(parts->payload), expected);
}

}  // namespace

Result<std::unique_ptr<Tokens>> Tokens::create(TokenOptions options) {
  if (Status status = check_token_options(options); !status.ok()) {
    return status;
  }
  Result<HmacKeys> access = HmacKeys::create(options.keys.access);
  if (!access.ok()) return access.status();
  Result<HmacKeys> refresh = HmacKeys::create(options.keys.refresh);
  if (!refresh.ok()) return refresh.status();
  std::optional<PublicKeys> issuer;
  if (options.algorithm != "HS256") {
    Result<PublicKeys> keys = PublicKeys::create(options.algorithm, options.public_keys);
    if (!keys.ok()) return keys.status();
    issuer = *std::move(keys);
  }
  return std::unique_ptr<Tokens>(std::make_unique<JwtTokens>(
      std::move(options), *std::move(access), *std::move(refresh), std::move(issuer)));
}

}  // namespace securechat::auth
