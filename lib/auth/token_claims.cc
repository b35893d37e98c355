#include "auth/token_claims.h"

#include <optional>
#include <utility>

#include "auth/rules.h"
#include "base/json.h"
#include "base/json_fields.h"

namespace securechat::auth {
namespace {

// Ids of external issuers: OpenID Connect allows 255 characters.
constexpr std::size_t kMaxSubjectBytes = 255;

// `Root` is a tree, or the text of an object itself: own tokens are read where they stand.
template <typename Root>
bool take_string(Root root, std::string_view key, std::string& out) {
  auto value = root[key].as_string();
  if (!value) {
    return false;
  }
  out = std::move(*value);
  return true;
}

template <typename Root>
bool take_filled_string(Root root, std::string_view key, std::string& out) {
  return take_string(root, key, out) && !out.empty();
}

// Absent is fine, another type than a string is not.
bool take_optional_string(JsonView root, std::string_view key, std::string& out) {
  return !root[key].exists() || take_string(root, key, out);
}

// iat and exp; floats, strings and numbers past 2^53 are refused by the getter.
template <typename Root>
bool take_times(Root root, std::int64_t now_s, Claims& claims) {
  const std::optional<std::int64_t> issued = root["iat"].as_integer();
  const std::optional<std::int64_t> expires = root["exp"].as_integer();
  if (!issued || !expires || *issued > now_s + kClockSkewS) {
    return false;
  }
  if (const auto not_before = root["nbf"]; not_before.exists()) {
    const std::optional<std::int64_t> value = not_before.as_integer();
    if (!value || *value > now_s + kClockSkewS) {
      return false;
    }
  }
  claims.issued_at_s = *issued;
  claims.expires_at_s = *expires;
  return true;
}

bool audience_lists(JsonView audience, std::string_view wanted) {
  if (!audience.is_array()) {
    return audience.as_string() == wanted;
  }
  bool found = false;
  for (const auto& [key, entry] : audience.members()) {
    if (!entry.as_string()) {
      return false;
    }
    found = found || entry.as_string() == wanted;
  }
  return found;
}

bool take_own(JsonFields root, const ExpectedClaims& expected, Claims& claims) {
  return take_filled_string(root, "userId", claims.user_id) &&
         root["sub"].as_string() == claims.user_id &&
         take_filled_string(root, "username", claims.username) &&
         take_string(root, "email", claims.email) && take_filled_string(root, "sid", claims.sid) &&
         take_filled_string(root, "jti", claims.jti) &&
         root["iss"].as_string() == expected.issuer &&
         root["aud"].as_string() == expected.audience &&
         root["token_use"].as_string() == expected.token_use &&
         take_times(root, expected.now_s, claims);
}

bool take_external(JsonView root, const ExpectedClaims& expected, Claims& claims) {
  const std::string_view name = root["username"].exists() ? "username" : "name";
  return take_filled_string(root, "sub", claims.user_id) &&
         claims.user_id.size() <= kMaxSubjectBytes && has_only_visible_text(claims.user_id) &&
         take_string(root, name, claims.username) && is_display_name(claims.username) &&
         take_optional_string(root, "email", claims.email) &&
         take_optional_string(root, "sid", claims.sid) &&
         take_optional_string(root, "jti", claims.jti) &&
         root["iss"].as_string() == expected.issuer &&
         audience_lists(root["aud"], expected.audience) && take_times(root, expected.now_s, claims);
}

Verified judge(Claims claims, std::string payload, std::int64_t now_s) {
  Verified verified;
  verified.fault = claims.expires_at_s > now_s ? Fault::kNone : Fault::kTokenExpired;
  verified.claims = std::move(claims);
  verified.claims.json = std::move(payload);
  return verified;
}

}  // namespace

std::string_view token_use_name(TokenUse use) {
  return use == TokenUse::kAccess ? "access" : "refresh";
}

std::string audience_of(TokenUse use, std::string_view audience) {
  std::string text(audience);
  if (use == TokenUse::kRefresh) {
    text += ".refresh";
  }
  return text;
}

Verified check_claims(std::string payload, const ExpectedClaims& expected) {
  Claims claims;
  if (!json_check(payload).ok() || !take_own(JsonFields(payload), expected, claims)) {
    return {};
  }
  return judge(std::move(claims), std::move(payload), expected.now_s);
}

Verified check_external_claims(std::string payload, const ExpectedClaims& expected) {
  Claims claims;
  const Result<JsonDocument> document = JsonDocument::parse(payload);
  if (!document.ok() || !take_external(document->root(), expected, claims)) {
    return {};
  }
  return judge(std::move(claims), std::move(payload), expected.now_s);
}

}  // namespace securechat::auth
