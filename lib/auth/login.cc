// Login: one bcrypt whatever is wrong, then a session of its own.
#include <optional>
#include <utility>

#include "auth/account_core.h"
#include "auth/grants.h"
#include "auth/rules.h"
#include "auth/sessions.h"

namespace securechat::auth {
namespace {

class Login : public std::enable_shared_from_this<Login> {
 public:
  Login(Core core, LoginAttempt attempt, UniqueFunction<void(Outcome<Grant>)> done)
      : core_(std::move(core)),
        in_force_(core_->in_force()),
        email_key_(email_key(attempt.email)),
        password_(std::move(attempt.password)),
        address_(std::move(attempt.address)),
        bearer_(Secret::take(std::move(attempt.bearer))),
        done_(std::move(done)) {}

  void start() {
    if (in_force_.keyring->tokens->external_issuer()) {
      finish(Fault::kForbidden);
      return;
    }
    // What no account can have is no guess: it costs a hash, and fails, without being counted.
    if (check_email(email_key_) != Fault::kNone ||
        !could_be_password(password_.view(), in_force_.options.passwords.max_bytes)) {
      look_up();
    } else if (!bearer_.empty() && in_force_.options.spare_owner) {
      authenticate(core_, std::string(bearer_.view()),
                   [self = shared_from_this()](const Outcome<Principal>& owner) {
                     const bool same =
                         owner.ok() && email_key(owner.value.email) == self->email_key_;
                     self->enter(same ? session_key(owner.value.sid) : self->email_key_);
                   });
    } else {
      enter(email_key_);
    }
  }

 private:
  void enter(std::string account) {
    core_->throttle.enter(
        {std::move(account), address_},
        [self = shared_from_this()](LoginThrottle::Pass pass) { self->entered(std::move(pass)); });
  }

  void entered(LoginThrottle::Pass pass) {
    if (!pass.allowed()) {
      done_({Fault::kLoginThrottled, {}, pass.retry_after_ms()});
      return;
    }
    pass_ = std::move(pass);
    look_up();
  }

  void look_up() { run_read(*core_, shared_from_this(), &Login::find, &Login::found); }

  Status find(storage::Stores& stores) {
    return take(stores.users.find_by_email(email_key_), user_);
  }

  void found(const Status& status) {
    if (!status.ok()) {
      finish(core_->fault_of("login", status));
      return;
    }
    // An unknown account is checked against the dummy hash, at the same price, and a disabled one
    // as if it were unknown: a right password of a cheaper hash would take less time.
    const std::string stored = user_ && user_->enabled ? user_->password_hash : std::string();
    const bool queued = core_->hasher.verify(
        password_.copy(), stored, [self = shared_from_this()](bool same) { self->verified(same); });
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
    now_ms_ = core_->clock.unix_ms();
    Status drawn = take(new_token_ids(), ids_);
    if (drawn.ok()) {
      drawn = take(new_session(user_->id, now_ms_, in_force_.keyring->tokens->refresh_ttl_s()),
                   session_);
    }
    if (!drawn.ok()) {
      finish(core_->fault_of("login", drawn));
      return;
    }
    run_write(*core_, shared_from_this(), &Login::begin, &Login::begun);
  }

  Status begin(storage::Stores& stores) {
    // While the password was being checked the account may have been disabled or given another
    // password, which ended its sessions: none may begin after that.
    std::optional<storage::User> now;
    if (Status status = take(stores.users.find(user_->id), now); !status.ok()) {
      return status;
    }
    if (!now || !now->enabled || now->password_hash != user_->password_hash) {
      return {Code::kAuth, "the account changed during the login"};
    }
    user_ = std::move(now);
    return begin_session(stores, session_, ids_.refresh_hash, in_force_.options.sessions_per_user,
                         revoked_);
  }

  void begun(const Status& status) {
    if (status.code() == Code::kAuth) {
      // It may be the same password under a hash that another login renewed: looked at once more.
      if (std::exchange(looked_again_, true)) {
        finish(Fault::kInvalidCredentials);
      } else {
        look_up();
      }
      return;
    }
    if (!status.ok()) {
      finish(core_->fault_of("login", status));
      return;
    }
    core_->tell_revoked(revoked_);
    Result<Grant> grant = sign_grant(*in_force_.keyring, *user_, session_, ids_, now_ms_);
    if (!grant.ok()) {
      finish(core_->fault_of("login", grant.status()));
      return;
    }
    done_({Fault::kNone, std::move(*grant)});
    renew();
  }

  // Nobody waits for this; when the pool is full the next login tries again.
  void renew() {
    if (core_->hasher.outdated(user_->password_hash)) {
      core_->hasher.hash(std::move(password_),
                         [self = shared_from_this()](Result<std::string> hash) {
                           self->renewed(std::move(hash));
                         });
    }
  }

  void renewed(Result<std::string> hash) {
    if (!hash.ok()) {
      (void)core_->fault_of("renewal of a password hash", hash.status());
      return;
    }
    new_hash_ = std::move(*hash);
    run_write(*core_, shared_from_this(), &Login::store_renewed, &Login::stored_renewed);
  }

  Status store_renewed(storage::Stores& stores) {
    std::optional<storage::User> now;
    if (Status status = take(stores.users.find(user_->id), now); !status.ok()) {
      return status;
    }
    if (!now || now->password_hash != user_->password_hash) {
      return {};  // A new password came first.
    }
    return stores.users.set_password_hash(user_->id, new_hash_);
  }

  void stored_renewed(const Status& status) {
    if (!status.ok()) {
      (void)core_->fault_of("renewal of a password hash", status);
    }
  }

  void finish(Fault fault) { done_({fault, {}}); }

  const Core core_;
  const AccountCore::InForce in_force_;
  const std::string email_key_;
  Secret password_;
  const std::string address_;
  const Secret bearer_;
  LoginThrottle::Pass pass_;
  bool looked_again_ = false;
  UniqueFunction<void(Outcome<Grant>)> done_;
  std::optional<storage::User> user_;
  storage::LoginSession session_;
  TokenIds ids_;
  std::int64_t now_ms_ = 0;
  std::vector<std::string> revoked_;
  std::string new_hash_;
};

}  // namespace

void login(Core core, LoginAttempt attempt, UniqueFunction<void(Outcome<Grant>)> done) {
  std::make_shared<Login>(std::move(core), std::move(attempt), std::move(done))->start();
}

}  // namespace securechat::auth
