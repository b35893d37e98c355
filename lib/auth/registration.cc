// Register: rules, hash, then user, session and first refresh token in one transaction.
#include <optional>
#include <utility>

#include "auth/account_core.h"
#include "auth/grants.h"
#include "auth/names.h"
#include "auth/sessions.h"
#include "base/random.h"
#include "base/text.h"

namespace securechat::auth {
namespace {

class Registration : public std::enable_shared_from_this<Registration> {
 public:
  Registration(Core core, std::string_view username, const std::string& email,
               UniqueFunction<void(Outcome<Grant>)> done)
      : core_(std::move(core)), in_force_(core_->in_force()), done_(std::move(done)) {
    user_.username = normal_name(username);
    user_.enabled = !in_force_.options.enumeration_safe;
    user_.pending = !user_.enabled;
    if (in_force_.options.unique_usernames) {
      user_.claimed_name = name_key(user_.username);
    }
    user_.email = trim(email);
    user_.email_key = email_key(email);
  }

  void start(Secret password) {
    if (in_force_.keyring->tokens->external_issuer()) {
      finish(Fault::kForbidden);
      return;
    }
    for (const Fault fault : {check_email(user_.email),
                              check_password(in_force_.options.passwords, password.view(),
                                             {user_.username, user_.email}),
                              check_username(user_.username)}) {
      if (fault != Fault::kNone) {
        finish(fault);
        return;
      }
    }
    // Spent whether or not the e-mail is taken.
    const bool queued = core_->hasher.hash(
        std::move(password),
        [self = shared_from_this()](Result<std::string> hash) { self->hashed(std::move(hash)); });
    if (!queued) {
      finish(Fault::kBusy);
    }
  }

 private:
  void hashed(Result<std::string> hash) {
    if (!hash.ok()) {
      finish(core_->fault_of("register", hash.status()));
      return;
    }
    user_.password_hash = std::move(*hash);
    if (Status drawn = draw_ids(); !drawn.ok()) {
      finish(core_->fault_of("register", drawn));
      return;
    }
    run_write(*core_, shared_from_this(), &Registration::store, &Registration::stored);
  }

  Status draw_ids() {
    Status status = take(random_hex(16), user_.id);
    if (status.ok()) {
      status = take(new_token_ids(), ids_);
    }
    now_ms_ = core_->clock.unix_ms();
    user_.created_at_ms = now_ms_;
    if (status.ok()) {
      status = take(new_session(user_.id, now_ms_, in_force_.keyring->tokens->refresh_ttl_s()),
                    session_);
    }
    return status;
  }

  [[nodiscard]] bool tells_nothing() const { return in_force_.options.enumeration_safe; }

  Status store(storage::Stores& stores) {
    Status inserted = stores.users.insert(user_);
    if (inserted.code() == Code::kExists) inserted = meet_taken(stores, std::move(inserted));
    if (!inserted.ok() || tells_nothing()) return inserted;
    std::vector<std::string> none;
    return begin_session(stores, session_, ids_.refresh_hash, in_force_.options.sessions_per_user,
                         none);
  }

  Status meet_taken(storage::Stores& stores, Status exists) {
    std::optional<storage::User> same_email;
    if (Status found = take(stores.users.find_by_email(user_.email_key), same_email); !found.ok()) {
      return found;
    }
    if (same_email && same_email->pending) return replace_pending(stores, same_email->id);
    taken_ = same_email ? Fault::kEmailExists : Fault::kUsernameExists;
    if (!same_email || !tells_nothing()) return exists;
    user_ = std::move(*same_email);
    registered_ = user_.enabled ? Registered::kEnabled : Registered::kDisabled;
    // A row is written and committed, as for a new account, so that the time tells nothing.
    return stores.users.set_role(user_.id, user_.role);
  }

  // Whoever registered the address before has not shown that it is his: his password must not be
  // the one that works when the owner follows a link. The new account has an id of its own, so that
  // the links that were mailed for the old one enable nothing.
  Status replace_pending(storage::Stores& stores, const std::string& id) {
    taken_ = Fault::kUsernameExists;  // The address is free after this; the name may not be.
    Status removed = stores.users.remove(id);
    return removed.ok() ? stores.users.insert(user_) : removed;
  }

  void stored(const Status& status) {
    if (status.code() == Code::kExists) {
      finish(taken_);
      return;
    }
    if (!status.ok()) {
      finish(core_->fault_of("register", status));
      return;
    }
    if (tells_nothing()) {
      // Failed logins from before stay counted: that they were gone would tell of a new account.
      finish_pending();
      return;
    }
    core_->throttle.forget_account(user_.email_key);  // Failures from before there was an account.
    Result<Grant> grant = sign_grant(*in_force_.keyring, user_, session_, ids_, now_ms_);
    if (!grant.ok()) {
      finish(core_->fault_of("register", grant.status()));
      return;
    }
    done_({Fault::kNone, std::move(*grant)});
  }

  void finish_pending() {
    Grant grant;
    wipe(user_.password_hash);
    grant.user = std::move(user_);
    grant.registered = registered_;
    done_({Fault::kRegistrationPending, std::move(grant)});
  }

  void finish(Fault fault) { done_({fault, {}}); }

  const Core core_;
  const AccountCore::InForce in_force_;
  UniqueFunction<void(Outcome<Grant>)> done_;
  storage::User user_;
  storage::LoginSession session_;
  TokenIds ids_;
  std::int64_t now_ms_ = 0;
  Fault taken_ = Fault::kEmailExists;
  Registered registered_ = Registered::kPending;
};

}  // namespace

void register_account(Core core, const std::string& username, std::string email, Secret password,
                      UniqueFunction<void(Outcome<Grant>)> done) {
  std::make_shared<Registration>(std::move(core), username, email, std::move(done))
      ->start(std::move(password));
}

}  // namespace securechat::auth
