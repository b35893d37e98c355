#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "auth/accounts.h"
#include "auth/login_throttle.h"
#include "base/rate_limiter.h"
#include "base/thread_annotations.h"

namespace securechat::auth {

// What all operations on accounts share. Operations that run keep it alive.
class AccountCore {
 public:
  struct InForce {
    std::shared_ptr<const Keyring> keyring;
    AccountOptions options;
  };

  AccountCore(storage::Database& database_in, PasswordHasher& hasher_in, InForce in_force,
              Accounts::Revoked revoked, const Clock& clock_in, Logger& log_in)
      : database(database_in),
        hasher(hasher_in),
        clock(clock_in),
        log(log_in),
        throttle(clock_in, in_force.options.throttle),
        revoked_(std::move(revoked)),
        in_force_(std::move(in_force)) {}

  // Any thread. An operation takes a copy when it begins and keeps to it.
  [[nodiscard]] InForce in_force() const SECURECHAT_EXCLUDES(mutex_);
  void set_in_force(InForce in_force) SECURECHAT_EXCLUDES(mutex_);

  // A storage thread, after the commit.
  void tell_revoked(const std::vector<std::string>& sids);

  // What a failed Status is to a peer: busy, or an internal error whose detail goes to the log.
  Fault fault_of(std::string_view operation, const Status& status);

  storage::Database& database;
  PasswordHasher& hasher;
  const Clock& clock;
  Logger& log;
  LoginThrottle throttle;
  // Refreshes per login session. Each leaves a token behind that is kept with the session, so that
  // its reuse is noticed.
  RateLimiter refresh_rate{120, 60'000, false};

 private:
  Accounts::Revoked revoked_;  // Only the thread that writes calls it.
  mutable Mutex mutex_;
  InForce in_force_ SECURECHAT_GUARDED_BY(mutex_);
};

using Core = std::shared_ptr<AccountCore>;

// Runs one step of an operation in a unit of work, then `then` with its status: on a storage
// thread after the commit, or at once when the queue is full. The operation lives until then.
template <typename Operation>
void run_write(AccountCore& core, const std::shared_ptr<Operation>& operation,
               Status (Operation::*work)(storage::Stores&),
               void (Operation::*then)(const Status&)) {
  const Status queued = core.database.write(
      [operation, work](storage::Stores& stores) { return ((*operation).*work)(stores); },
      [operation, then](const Status& status) { ((*operation).*then)(status); });
  if (!queued.ok()) {
    ((*operation).*then)(queued);
  }
}

template <typename Operation>
void run_read(AccountCore& core, const std::shared_ptr<Operation>& operation,
              Status (Operation::*work)(storage::Stores&), void (Operation::*then)(const Status&)) {
  const Status queued = core.database.read(
      [operation, work](storage::Stores& stores) { return ((*operation).*work)(stores); },
      [operation, then](const Status& status) { ((*operation).*then)(status); });
  if (!queued.ok()) {
    ((*operation).*then)(queued);
  }
}

// Unpacks what a store found; a Status only when the database failed.
template <typename T>
Status take(Result<T> found, T& out) {
  if (!found.ok()) {
    return found.status();
  }
  out = std::move(*found);
  return {};
}

// The operations, one file each.
void register_account(Core core, const std::string& username, std::string email, Secret password,
                      UniqueFunction<void(Outcome<Grant>)> done);
void login(Core core, LoginAttempt attempt, UniqueFunction<void(Outcome<Grant>)> done);
void refresh(Core core, const std::string& token, UniqueFunction<void(Outcome<Grant>)> done);
void logout_by_refresh(Core core, const std::string& token, UniqueFunction<void(Fault)> done);
void logout_session(Core core, std::string sid, UniqueFunction<void(Fault)> done);
void logout_all(Core core, std::string user_id, UniqueFunction<void(Fault)> done);
void change_password(Core core, PasswordChangeAttempt attempt,
                     UniqueFunction<void(Outcome<std::monostate>)> done);
void authenticate(Core core, const std::string& token,
                  UniqueFunction<void(Outcome<Principal>)> done);

}  // namespace securechat::auth
