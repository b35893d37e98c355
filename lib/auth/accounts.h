#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "auth/csrf.h"
#include "auth/fault.h"
#include "auth/login_throttle.h"
#include "auth/password_hasher.h"
#include "auth/password_policy.h"
#include "auth/principal.h"
#include "auth/tokens.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/secret.h"
#include "base/status.h"
#include "base/task.h"
#include "storage/database.h"
#include "storage/session_store.h"
#include "storage/user_store.h"

namespace securechat::auth {

// What a registration that tells nothing found (AccountOptions::enumeration_safe). Hosts are given
// the numbers.
enum class Registered : std::int32_t {
  kPending = 0,   // A new account, which waits for the owner of the address.
  kEnabled = 1,   // An account of that address, in use.
  kDisabled = 2,  // One that the host disabled.
};

// What a client gets when it has proven itself.
struct Grant {
  std::string access_token;
  std::string refresh_token;
  std::string csrf_token;
  std::int64_t expires_in_s = 0;
  std::int64_t refresh_expires_in_s = 0;
  std::string sid;
  storage::User user;  // Without the password hash.
  // With kRegistrationPending, where the rest is empty: what `user` is.
  Registered registered = Registered::kPending;
};

template <typename T>
struct Outcome {
  Fault fault = Fault::kInternal;
  T value{};
  std::int64_t retry_after_ms = 0;  // With kLoginThrottled.
  [[nodiscard]] bool ok() const { return fault == Fault::kNone; }
};

enum class RefreshRotation { kGrace, kStrict };

struct AccountOptions {
  RefreshRotation rotation = RefreshRotation::kGrace;
  std::size_t sessions_per_user = 10;  // The oldest session ends when one more begins.
  ThrottleLimits throttle = {};
  PasswordRules passwords = {};
  // Attempts of who shows a token of a live session of the account are counted for that session, so
  // that strangers cannot keep the owner out.
  bool spare_owner = true;
  // Nobody may take a name that another one has, in any spelling.
  bool unique_usernames = false;
  // A registration ends alike, with kRegistrationPending, whether the address was free or not; a
  // new account stays pending until the host has heard from the owner of the address, and is
  // replaced by one with another id when somebody registers the address again before that.
  bool enumeration_safe = false;
};

// Somebody who says that he has an account.
struct LoginAttempt {
  std::string email;
  Secret password;
  std::string address = {};  // What the client's address counts as; empty: it is not counted.
  std::string bearer = {};   // An access token that came along, or empty.
};

// Somebody who says that he may change a password.
struct PasswordChangeAttempt {
  Principal who;
  Secret current;
  Secret replacement;
  std::string address = {};  // As LoginAttempt's.
};

// The keys in force. Replaced as a whole when the configuration is reloaded; operations that run
// keep the ones they began with.
struct Keyring {
  std::unique_ptr<Tokens> tokens;
  Csrf csrf;
  std::string mark = {};  // Tells these keys from others and says nothing about them.
};

// Accounts and login sessions. Every operation may be called from any thread; `done` is called
// exactly once, at once or later, on whatever thread finished the work: the caller posts it home.
class Accounts {
 public:
  // `sids` have just been revoked: their sockets are to be closed. Called on a storage thread after
  // the commit, before the operation's own `done`.
  using Revoked = UniqueFunction<void(const std::vector<std::string>& sids)>;

  // All references must outlive the accounts.
  static std::unique_ptr<Accounts> create(storage::Database& database, PasswordHasher& hasher,
                                          std::shared_ptr<const Keyring> keyring,
                                          AccountOptions options, Revoked revoked,
                                          const Clock& clock, Logger& log);
  virtual ~Accounts() = default;

  virtual void set_keyring(std::shared_ptr<const Keyring> keyring, AccountOptions options) = 0;

  // Checks e-mail, password and username in this order, hashes, and stores the user and the first
  // session in one transaction; the unique index decides a race. See also enumeration_safe.
  virtual void register_user(std::string username, std::string email, Secret password,
                             UniqueFunction<void(Outcome<Grant>)> done) = 0;
  // kLoginThrottled, with the time to wait, after too many failures in a row.
  virtual void login(LoginAttempt attempt, UniqueFunction<void(Outcome<Grant>)> done) = 0;
  virtual void refresh(std::string token, UniqueFunction<void(Outcome<Grant>)> done) = 0;
  // By refresh token: ends its session.
  virtual void logout_by_refresh(std::string token, UniqueFunction<void(Fault)> done) = 0;
  virtual void logout(std::string sid, UniqueFunction<void(Fault)> done) = 0;
  virtual void logout_all(std::string user_id, UniqueFunction<void(Fault)> done) = 0;
  // Needs the current password (else kInvalidCredentials, which counts as a failed login does, so
  // that kLoginThrottled may come); ends the user's other sessions.
  virtual void change_password(PasswordChangeAttempt attempt,
                               UniqueFunction<void(Outcome<std::monostate>)> done) = 0;
  // Verifies an access token and that its session and user still stand; the principal carries what
  // the user is called now. kNoToken for an empty token.
  virtual void authenticate(std::string token, UniqueFunction<void(Outcome<Principal>)> done) = 0;
  // As authenticate, without storage: signature and claims only.
  [[nodiscard]] virtual Verified verify(std::string_view token) const = 0;
  // The same for a refresh token: whose it would be, before it is used.
  [[nodiscard]] virtual Verified verify_refresh(std::string_view token) const = 0;
  [[nodiscard]] virtual bool csrf_ok(std::string_view sid, std::string_view token) const = 0;
  // kState with an external issuer, whose sessions are not ours.
  [[nodiscard]] virtual Result<std::string> issue_csrf(std::string_view sid) const = 0;

  // Blocking, for the host's own calls; not from the library's threads.
  virtual Result<storage::User> create_user(std::string username, std::string email,
                                            Secret password, std::string role) = 0;
  virtual Result<std::string> issue_token(std::string user_id, std::int64_t ttl_s) = 0;
  // Disabling ends sessions. Either ends that the account is pending.
  virtual Status set_enabled(std::string user_id, bool enabled) = 0;
  virtual Status set_role(std::string user_id, std::string role) = 0;
  virtual Status set_password(std::string user_id, Secret password) = 0;  // Ends all sessions.
  virtual Status remove_user(std::string user_id) = 0;                    // Ends all sessions.
  // By id, e-mail or username; kNotFound.
  virtual Result<storage::User> find_user(std::string_view who) = 0;
  virtual Result<std::vector<storage::User>> list_users() = 0;
  // The logins of a user that stand, oldest first.
  virtual Result<std::vector<storage::LoginSession>> list_logins(std::string user_id) = 0;
  // Ends a login by its sid; its sockets close. kNotFound.
  virtual Status end_login(std::string sid) = 0;
  // Refuses tokens of an external issuer that carry `name` as their jti or sid, and closes the
  // sockets of that sid, or of that jti where the token has no sid; remembered until `until_s` (0:
  // for the longest life a token may have). kUnsupported without an external issuer.
  virtual Status revoke_tokens(std::string name, std::int64_t until_s) = 0;
};

// The rules for what people type, each alone. kNone when acceptable.
[[nodiscard]] Fault check_email(std::string_view email);
[[nodiscard]] Fault check_username(std::string_view username);
[[nodiscard]] std::string email_key(std::string_view email);  // Trimmed, lower-cased.

}  // namespace securechat::auth
