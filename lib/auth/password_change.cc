// A password change: the current password, a new hash, and the end of the other sessions.
#include <optional>
#include <utility>

#include "auth/account_core.h"
#include "storage/session_store.h"

namespace securechat::auth {
namespace {

class PasswordChange : public std::enable_shared_from_this<PasswordChange> {
 public:
  PasswordChange(Core core, PasswordChangeAttempt attempt,
                 UniqueFunction<void(Outcome<std::monostate>)> done)
      : core_(std::move(core)),
        who_(std::move(attempt.who)),
        current_(std::move(attempt.current)),
        replacement_(std::move(attempt.replacement)),
        address_(std::move(attempt.address)),
        done_(std::move(done)) {}

  void start() {
    const AccountOptions options = core_->in_force().options;
    const Fault fault =
        check_password(options.passwords, replacement_.view(), {who_.username, who_.email});
    if (fault != Fault::kNone) {
      finish(fault);
      return;
    }
    // As a login that shows the same token: who stole it guesses no faster here than there, and
    // strangers who fail to log in keep nobody from a new password.
    core_->throttle.enter(
        {options.spare_owner ? session_key(who_.sid) : email_key(who_.email), address_},
        [self = shared_from_this()](LoginThrottle::Pass pass) { self->entered(std::move(pass)); });
  }

 private:
  void entered(LoginThrottle::Pass pass) {
    if (!pass.allowed()) {
      done_({Fault::kLoginThrottled, {}, pass.retry_after_ms()});
      return;
    }
    pass_ = std::move(pass);
    look_up();
  }

  void look_up() {
    run_read(*core_, shared_from_this(), &PasswordChange::find, &PasswordChange::found);
  }

  Status find(storage::Stores& stores) { return take(stores.users.find(who_.user_id), user_); }

  void found(const Status& status) {
    if (!status.ok()) {
      finish(core_->fault_of("password change", status));
      return;
    }
    const bool queued =
        core_->hasher.verify(current_.copy(), user_ ? user_->password_hash : std::string(),
                             [self = shared_from_this()](bool same) { self->verified(same); });
    if (!queued) {
      finish(Fault::kBusy);
    }
  }

  void verified(bool same) {
    if (!same || !user_ || !user_->enabled) {
      pass_.failed();
      finish(Fault::kInvalidCredentials);
      return;
    }
    pass_.succeeded();
    if (!new_hash_.empty()) {  // The second look: what was to be hashed has been given away.
      store_hash();
      return;
    }
    const bool queued = core_->hasher.hash(
        std::move(replacement_),
        [self = shared_from_this()](Result<std::string> hash) { self->hashed(std::move(hash)); });
    if (!queued) {
      finish(Fault::kBusy);
    }
  }

  void hashed(Result<std::string> hash) {
    if (!hash.ok()) {
      finish(core_->fault_of("password change", hash.status()));
      return;
    }
    new_hash_ = std::move(*hash);
    store_hash();
  }

  void store_hash() {
    run_write(*core_, shared_from_this(), &PasswordChange::store, &PasswordChange::stored);
  }

  Status store(storage::Stores& stores) {
    std::optional<storage::User> now;
    if (Status status = take(stores.users.find(user_->id), now); !status.ok()) {
      return status;
    }
    // Of two changes at once the second one no longer knows the current password.
    if (!now || !now->enabled || now->password_hash != user_->password_hash) {
      return {Code::kAuth, "the account changed meanwhile"};
    }
    if (Status status = stores.users.set_password_hash(user_->id, new_hash_); !status.ok()) {
      return status;
    }
    return take(stores.sessions.revoke_all(user_->id, who_.sid), revoked_);
  }

  void stored(const Status& status) {
    if (status.code() == Code::kAuth) {
      // It may be the same password under a hash that a login renewed: looked at once more.
      if (std::exchange(looked_again_, true)) {
        finish(Fault::kInvalidCredentials);
      } else {
        look_up();
      }
      return;
    }
    if (!status.ok()) {
      finish(core_->fault_of("password change", status));
      return;
    }
    core_->tell_revoked(revoked_);
    core_->throttle.forget_account(user_->email_key);
    finish(Fault::kNone);
  }

  void finish(Fault fault) { done_({fault, {}}); }

  const Core core_;
  const Principal who_;
  Secret current_;
  Secret replacement_;
  const std::string address_;
  LoginThrottle::Pass pass_;
  UniqueFunction<void(Outcome<std::monostate>)> done_;
  std::optional<storage::User> user_;
  std::string new_hash_;
  bool looked_again_ = false;
  std::vector<std::string> revoked_;
};

}  // namespace

void change_password(Core core, PasswordChangeAttempt attempt,
                     UniqueFunction<void(Outcome<std::monostate>)> done) {
  std::make_shared<PasswordChange>(std::move(core), std::move(attempt), std::move(done))->start();
}

}  // namespace securechat::auth
