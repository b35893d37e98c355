#include "auth/grants.h"

#include <algorithm>
#include <utility>

#include "auth/sessions.h"
#include "base/random.h"

namespace securechat::auth {
namespace {

constexpr std::size_t kIdBytes = 16;
constexpr std::size_t kHandleBytes = 32;

}  // namespace

Result<TokenIds> new_token_ids() {
  Result<std::string> access = random_hex(kIdBytes);
  if (!access.ok()) {
    return access.status();
  }
  Result<std::string> refresh = random_base64url(kHandleBytes);
  if (!refresh.ok()) {
    return refresh.status();
  }
  Result<std::string> hash = handle_hash(*refresh);
  if (!hash.ok()) {
    return hash.status();
  }
  return TokenIds{std::move(*access), std::move(*refresh), std::move(*hash)};
}

Result<storage::LoginSession> new_session(const std::string& user_id, std::int64_t now_ms,
                                          std::int64_t ttl_s) {
  Result<std::string> sid = random_hex(kIdBytes);
  if (!sid.ok()) {
    return sid.status();
  }
  storage::LoginSession session;
  session.sid = std::move(*sid);
  session.user_id = user_id;
  session.created_at_ms = now_ms;
  session.expires_at_ms = now_ms + ttl_s * 1000;
  session.last_used_ms = now_ms;
  return session;
}

Result<Grant> sign_grant(const Keyring& keyring, const storage::User& user,
                         const storage::LoginSession& session, const TokenIds& ids,
                         std::int64_t now_ms) {
  const Tokens& tokens = *keyring.tokens;
  const std::int64_t now_s = now_ms / 1000;
  // The last fraction of the session's last second still gives tokens of one second.
  const std::int64_t left_s = std::max<std::int64_t>(session.expires_at_ms / 1000 - now_s, 1);
  Claims claims;
  claims.user_id = user.id;
  claims.username = user.username;
  claims.email = user.email;
  claims.sid = session.sid;
  claims.jti = ids.access_jti;
  Grant grant;
  grant.expires_in_s = std::min(tokens.access_ttl_s(), left_s);
  grant.refresh_expires_in_s = std::min(tokens.refresh_ttl_s(), left_s);
  Result<std::string> access = tokens.issue(TokenUse::kAccess, claims, now_s, grant.expires_in_s);
  if (!access.ok()) {
    return access.status();
  }
  claims.jti = ids.refresh_jti;
  Result<std::string> refresh =
      tokens.issue(TokenUse::kRefresh, claims, now_s, grant.refresh_expires_in_s);
  if (!refresh.ok()) {
    return refresh.status();
  }
  Result<std::string> csrf = keyring.csrf.issue(session.sid);
  if (!csrf.ok()) {
    return csrf.status();
  }
  grant.access_token = std::move(*access);
  grant.refresh_token = std::move(*refresh);
  grant.csrf_token = std::move(*csrf);
  grant.sid = session.sid;
  grant.user = user;
  wipe(grant.user.password_hash);
  return grant;
}

}  // namespace securechat::auth
