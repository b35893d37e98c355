#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "auth/accounts.h"
#include "base/status.h"
#include "storage/database.h"
#include "storage/session_store.h"

// Login sessions and their families of refresh tokens: business steps that run inside one unit of
// work each, so that what they read cannot change before they write.
namespace securechat::auth {

// The stored name of a refresh token: SHA-256 of its handle (its jti).
Result<std::string> handle_hash(std::string_view handle);

// Begins `session`; when the user then would have more than `limit` (at least 1), the oldest end.
// `first_token_hash` is empty for a session without refresh tokens. Adds what ended to `revoked`.
// Forgets a few sessions of anybody that have long been over.
Status begin_session(storage::Stores& stores, const storage::LoginSession& session,
                     std::string_view first_token_hash, std::size_t limit,
                     std::vector<std::string>& revoked);

// Ends a session that stands; adds its sid to `revoked`. One that has ended already is left alone.
Status end_session(storage::Stores& stores, const storage::LoginSession& session,
                   std::vector<std::string>& revoked);

struct RotationRequest {
  std::string_view presented_hash;
  std::string_view successor_hash;
  RefreshRotation rotation = RefreshRotation::kGrace;
  std::int64_t now_ms = 0;
};

// Exchanges the presented refresh token for its successor:
//
//   live                                  used now; the successor is live
//   used, no successor used, grace        earlier successors are void; one more successor is live
//   used, a successor was used, or strict theft: the family ends, kTokenReused
//   void, the one in its place was used   theft: the family ends, kTokenReused
//   void                                  kTokenInvalid
//   unknown, or of a session that ended   kTokenInvalid
//   of a session that is over             kTokenExpired
//
// A failed Status means that the database failed. Theft is an answer, not a failure: what it
// revokes must be committed.
Result<Fault> rotate(storage::Stores& stores, const storage::LoginSession& session,
                     const RotationRequest& request, std::vector<std::string>& revoked);

// Whether a session stands at `now_ms`.
[[nodiscard]] bool stands(const storage::LoginSession& session, std::int64_t now_ms);
// The same, and its user is enabled.
[[nodiscard]] bool stands(const storage::Standing& standing, std::int64_t now_ms);

}  // namespace securechat::auth
