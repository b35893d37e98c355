// Refresh: read, judge and exchange in one unit of work, so that parallel ones follow each other.
#include <optional>
#include <utility>

#include "auth/account_core.h"
#include "auth/grants.h"
#include "auth/sessions.h"

namespace securechat::auth {
namespace {

class Refresh : public std::enable_shared_from_this<Refresh> {
 public:
  Refresh(Core core, UniqueFunction<void(Outcome<Grant>)> done)
      : core_(std::move(core)), in_force_(core_->in_force()), done_(std::move(done)) {}

  void start(const std::string& token) {
    Verified verified =
        in_force_.keyring->tokens->verify(TokenUse::kRefresh, token, core_->clock.unix_seconds());
    if (verified.fault != Fault::kNone) {
      finish(verified.fault);
      return;
    }
    claims_ = std::move(verified.claims);
    if (!core_->refresh_rate.attempt(claims_.sid, core_->clock.monotonic_ms()).allowed) {
      finish(Fault::kTooManyAttempts);
      return;
    }
    Status drawn = take(handle_hash(claims_.jti), presented_hash_);
    if (drawn.ok()) {
      drawn = take(new_token_ids(), ids_);
    }
    if (!drawn.ok()) {
      finish(core_->fault_of("refresh", drawn));
      return;
    }
    run_write(*core_, shared_from_this(), &Refresh::exchange, &Refresh::exchanged);
  }

 private:
  // A refusal is an answer, not a failure: a family that ends must be committed.
  Status exchange(storage::Stores& stores) {
    std::optional<storage::LoginSession> session;
    if (Status status = take(stores.sessions.find(claims_.sid), session); !status.ok()) {
      return status;
    }
    std::optional<storage::User> user;
    if (Status status = take(stores.users.find(claims_.user_id), user); !status.ok()) {
      return status;
    }
    if (!session || !user || !user->enabled || session->user_id != user->id) {
      verdict_ = Fault::kTokenInvalid;
      return {};
    }
    session_ = std::move(*session);
    user_ = std::move(*user);
    now_ms_ = core_->clock.unix_ms();
    RotationRequest request;
    request.presented_hash = presented_hash_;
    request.successor_hash = ids_.refresh_hash;
    request.rotation = in_force_.options.rotation;
    request.now_ms = now_ms_;
    return take(rotate(stores, session_, request, revoked_), verdict_);
  }

  void exchanged(const Status& status) {
    if (!status.ok()) {
      finish(core_->fault_of("refresh", status));
      return;
    }
    core_->tell_revoked(revoked_);
    if (verdict_ != Fault::kNone) {
      finish(verdict_);
      return;
    }
    Result<Grant> grant = sign_grant(*in_force_.keyring, user_, session_, ids_, now_ms_);
    if (!grant.ok()) {
      finish(core_->fault_of("refresh", grant.status()));
      return;
    }
    done_({Fault::kNone, std::move(*grant)});
  }

  void finish(Fault fault) { done_({fault, {}}); }

  const Core core_;
  const AccountCore::InForce in_force_;
  UniqueFunction<void(Outcome<Grant>)> done_;
  Claims claims_;
  std::string presented_hash_;
  TokenIds ids_;
  Fault verdict_ = Fault::kInternal;
  storage::User user_;
  storage::LoginSession session_;
  std::int64_t now_ms_ = 0;
  std::vector<std::string> revoked_;
};

}  // namespace

void refresh(Core core, const std::string& token, UniqueFunction<void(Outcome<Grant>)> done) {
  std::make_shared<Refresh>(std::move(core), std::move(done))->start(token);
}

}  // namespace securechat::auth
