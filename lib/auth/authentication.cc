// From an access token to a principal: the claims say who, storage says whether it still holds.
#include <optional>
#include <utility>

#include "auth/account_core.h"
#include "auth/sessions.h"

namespace securechat::auth {
namespace {

Principal principal_of(Claims claims) {
  Principal principal;
  principal.user_id = std::move(claims.user_id);
  principal.username = std::move(claims.username);
  principal.email = std::move(claims.email);
  principal.sid = std::move(claims.sid);
  principal.jti = std::move(claims.jti);
  principal.expires_at_s = claims.expires_at_s;
  principal.claims = std::move(claims.json);
  return principal;
}

class Authentication : public std::enable_shared_from_this<Authentication> {
 public:
  Authentication(Core core, UniqueFunction<void(Outcome<Principal>)> done)
      : core_(std::move(core)), done_(std::move(done)) {}

  void start(const std::string& token) {
    if (token.empty()) {
      finish(Fault::kNoToken);
      return;
    }
    const AccountCore::InForce in_force = core_->in_force();
    const Tokens& tokens = *in_force.keyring->tokens;
    Verified verified = tokens.verify(TokenUse::kAccess, token, core_->clock.unix_seconds());
    if (verified.fault != Fault::kNone) {
      finish(verified.fault);
      return;
    }
    principal_ = principal_of(std::move(verified.claims));
    if (tokens.external_issuer()) {
      // Its sockets are found by the login it belongs to, or, when it names none, by its own name.
      if (principal_.sid.empty()) principal_.sid = principal_.jti;
      run_read(*core_, shared_from_this(), &Authentication::find_names,
               &Authentication::judge_names);
      return;
    }
    run_read(*core_, shared_from_this(), &Authentication::find, &Authentication::found);
  }

 private:
  // The tokens of an external issuer have no login session here, but the host may have revoked one.
  Status find_names(storage::Stores& stores) {
    for (const std::string* name : {&principal_.jti, &principal_.sid}) {
      if (name->empty() || names_revoked_) {
        continue;
      }
      if (Status status = take(stores.sessions.name_revoked(*name), names_revoked_); !status.ok()) {
        return status;
      }
    }
    return {};
  }

  void judge_names(const Status& status) {
    if (!status.ok()) {
      finish(core_->fault_of("authentication", status));
    } else if (names_revoked_) {
      finish(Fault::kTokenInvalid);
    } else {
      done_({Fault::kNone, std::move(principal_)});
    }
  }

  Status find(storage::Stores& stores) {
    return take(stores.sessions.standing(principal_.sid), standing_);
  }

  void found(const Status& status) {
    if (!status.ok()) {
      finish(core_->fault_of("authentication", status));
      return;
    }
    if (!standing_ || standing_->user_id != principal_.user_id ||
        !stands(*standing_, core_->clock.unix_ms())) {
      finish(Fault::kTokenInvalid);
      return;
    }
    principal_.username = std::move(standing_->username);
    principal_.email = std::move(standing_->email);
    principal_.role = std::move(standing_->role);
    done_({Fault::kNone, std::move(principal_)});
  }

  void finish(Fault fault) { done_({fault, {}}); }

  const Core core_;
  UniqueFunction<void(Outcome<Principal>)> done_;
  Principal principal_;
  bool names_revoked_ = false;
  std::optional<storage::Standing> standing_;
};

}  // namespace

void authenticate(Core core, const std::string& token,
                  UniqueFunction<void(Outcome<Principal>)> done) {
  std::make_shared<Authentication>(std::move(core), std::move(done))->start(token);
}

}  // namespace securechat::auth
