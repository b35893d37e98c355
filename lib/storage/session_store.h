#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace securechat::storage {

// A login session: one login, and the family of refresh tokens that descends from it.
struct LoginSession {
  std::string sid;  // 32 lower-case hex digits.
  std::string user_id;
  std::int64_t created_at_ms = 0;
  std::int64_t expires_at_ms = 0;  // Absolute end of the family, whatever the rotation.
  std::int64_t last_used_ms = 0;
  bool revoked = false;
};

enum class RefreshState { kLive, kUsed, kVoid };

// What a login session and its user's account say about each other's standing at this moment.
struct Standing {
  std::string user_id;
  std::string username;
  std::string email;
  std::string role;
  std::int64_t expires_at_ms = 0;  // Of the session.
  bool revoked = false;            // The session.
  bool enabled = true;             // The user.
};

// One refresh token of a family; only the hash of its handle is kept.
struct RefreshToken {
  std::string handle_hash;  // 32 raw bytes, SHA-256.
  std::string sid;
  std::string parent_hash;  // The token it was exchanged for; empty for the first.
  RefreshState state = RefreshState::kLive;
  std::int64_t issued_at_ms = 0;
};

// Sessions that were revoked, whichever process did it.
struct Revocations {
  std::vector<std::string> sids;  // In the order of their revocation.
  std::int64_t newest = 0;        // Where to go on.
};

class SessionStore {
 public:
  virtual ~SessionStore() = default;
  virtual Status insert(const LoginSession& session) = 0;
  virtual Result<std::optional<LoginSession>> find(std::string_view sid) = 0;
  // Nothing when there is no such session; a session without a user cannot be.
  virtual Result<std::optional<Standing>> standing(std::string_view sid) = 0;
  // Sessions of a user that are neither revoked nor over at `now_ms`, oldest first.
  virtual Result<std::vector<LoginSession>> list(std::string_view user_id, std::int64_t now_ms) = 0;
  virtual Status touch(std::string_view sid, std::int64_t now_ms) = 0;
  virtual Status revoke(std::string_view sid) = 0;
  // Revokes all sessions of the user but `except_sid` (may be empty); answers the sids it revoked.
  virtual Result<std::vector<std::string>> revoke_all(std::string_view user_id,
                                                      std::string_view except_sid) = 0;

  // What was revoked behind a place in the order of all revocations, whose first is 1. They are
  // kept for an hour at least.
  virtual Result<Revocations> revocations_after(std::int64_t position) = 0;
  virtual Result<std::int64_t> newest_revocation() = 0;

  virtual Status insert_token(const RefreshToken& token) = 0;
  virtual Result<std::optional<RefreshToken>> find_token(std::string_view handle_hash) = 0;
  virtual Status set_token_state(std::string_view handle_hash, RefreshState state) = 0;
  // The newest of the tokens that were exchanged for `parent_hash`.
  virtual Result<std::optional<RefreshToken>> newest_child(std::string_view parent_hash) = 0;
  // Forgets at most `most` sessions (and their tokens) that ended before `before_ms`, and as many
  // revocations of before then; answers how many sessions.
  virtual Result<std::int64_t> prune(std::int64_t before_ms, int most) = 0;

  // Tokens of an external issuer that were revoked, by the `jti` or `sid` that they carry; known
  // until `until_ms`, when the last of them has ended anyway. The later of two times counts.
  virtual Status revoke_name(std::string_view name, std::int64_t until_ms) = 0;
  [[nodiscard]] virtual Result<bool> name_revoked(std::string_view name) = 0;
  // Forgets at most `most` names whose time was before `before_ms`.
  virtual Status prune_names(std::int64_t before_ms, int most) = 0;
};

}  // namespace securechat::storage
