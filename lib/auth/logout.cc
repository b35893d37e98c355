// Logout: by refresh token, by session, of all sessions.
#include <optional>
#include <utility>

#include "auth/account_core.h"
#include "auth/sessions.h"

namespace securechat::auth {
namespace {

// Ends one session or all of a user, then tells whose sockets must close.
class Logout : public std::enable_shared_from_this<Logout> {
 public:
  Logout(Core core, UniqueFunction<void(Fault)> done)
      : core_(std::move(core)), done_(std::move(done)) {}

  void by_refresh(const std::string& token) {
    const AccountCore::InForce in_force = core_->in_force();
    Verified verified =
        in_force.keyring->tokens->verify(TokenUse::kRefresh, token, core_->clock.unix_seconds());
    if (verified.fault != Fault::kNone) {
      done_(verified.fault);
      return;
    }
    sid_ = std::move(verified.claims.sid);
    if (Status status = take(handle_hash(verified.claims.jti), token_hash_); !status.ok()) {
      done_(core_->fault_of("logout", status));
      return;
    }
    run_write(*core_, shared_from_this(), &Logout::end_by_token, &Logout::ended);
  }

  void by_session(std::string sid) {
    sid_ = std::move(sid);
    run_write(*core_, shared_from_this(), &Logout::end_by_sid, &Logout::ended);
  }

  void all(std::string user_id) {
    user_id_ = std::move(user_id);
    run_write(*core_, shared_from_this(), &Logout::end_all, &Logout::ended);
  }

 private:
  // Any token of the family will do, used ones too: the owner leaves, or a thief ends his own.
  Status end_by_token(storage::Stores& stores) {
    std::optional<storage::RefreshToken> token;
    if (Status status = take(stores.sessions.find_token(token_hash_), token); !status.ok()) {
      return status;
    }
    if (!token || token->sid != sid_) {
      verdict_ = Fault::kTokenInvalid;
      return {};
    }
    return end_by_sid(stores);
  }

  Status end_by_sid(storage::Stores& stores) {
    std::optional<storage::LoginSession> session;
    if (Status status = take(stores.sessions.find(sid_), session); !status.ok()) {
      return status;
    }
    if (!session) {
      verdict_ = Fault::kUnauthorized;
      return {};
    }
    return end_session(stores, *session, revoked_);
  }

  Status end_all(storage::Stores& stores) {
    return take(stores.sessions.revoke_all(user_id_, {}), revoked_);
  }

  void ended(const Status& status) {
    if (!status.ok()) {
      done_(core_->fault_of("logout", status));
      return;
    }
    core_->tell_revoked(revoked_);
    done_(verdict_);
  }

  const Core core_;
  UniqueFunction<void(Fault)> done_;
  std::string sid_;
  std::string user_id_;
  std::string token_hash_;
  Fault verdict_ = Fault::kNone;
  std::vector<std::string> revoked_;
};

}  // namespace

void logout_by_refresh(Core core, const std::string& token, UniqueFunction<void(Fault)> done) {
  std::make_shared<Logout>(std::move(core), std::move(done))->by_refresh(token);
}

void logout_session(Core core, std::string sid, UniqueFunction<void(Fault)> done) {
  std::make_shared<Logout>(std::move(core), std::move(done))->by_session(std::move(sid));
}

void logout_all(Core core, std::string user_id, UniqueFunction<void(Fault)> done) {
  std::make_shared<Logout>(std::move(core), std::move(done))->all(std::move(user_id));
}

}  // namespace securechat::auth
