#pragma once

#include <cstdint>
#include <string>

#include "auth/accounts.h"
#include "base/status.h"
#include "storage/session_store.h"
#include "storage/user_store.h"

namespace securechat::auth {

// The random names of a pair of tokens. The refresh handle has 256 bits and is stored as a hash.
struct TokenIds {
  std::string access_jti;
  std::string refresh_jti;
  std::string refresh_hash;
};
Result<TokenIds> new_token_ids();

// A session with a random sid, not stored yet, that lasts `ttl_s` from `now_ms`.
Result<storage::LoginSession> new_session(const std::string& user_id, std::int64_t now_ms,
                                          std::int64_t ttl_s);

// Signs what the client of `session` gets. No token outlives the session.
Result<Grant> sign_grant(const Keyring& keyring, const storage::User& user,
                         const storage::LoginSession& session, const TokenIds& ids,
                         std::int64_t now_ms);

}  // namespace securechat::auth
