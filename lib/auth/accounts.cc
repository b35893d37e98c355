#include "auth/accounts.h"

#include <utility>

#include "auth/account_core.h"
#include "auth/host_accounts.h"

namespace securechat::auth {
namespace {

// The face of the operations: what they do is in the file of each.
class AccountsFace final : public Accounts {
 public:
  explicit AccountsFace(Core core) : core_(std::move(core)) {}

  void set_keyring(std::shared_ptr<const Keyring> keyring, AccountOptions options) override {
    core_->set_in_force({std::move(keyring), options});
  }

  void register_user(std::string username, std::string email, Secret password,
                     UniqueFunction<void(Outcome<Grant>)> done) override {
    register_account(core_, username, std::move(email), std::move(password), std::move(done));
  }
  void login(LoginAttempt attempt, UniqueFunction<void(Outcome<Grant>)> done) override {
    auth::login(core_, std::move(attempt), std::move(done));
  }
  void refresh(std::string token, UniqueFunction<void(Outcome<Grant>)> done) override {
    auth::refresh(core_, token, std::move(done));
  }
  void logout_by_refresh(std::string token, UniqueFunction<void(Fault)> done) override {
    auth::logout_by_refresh(core_, token, std::move(done));
  }
  void logout(std::string sid, UniqueFunction<void(Fault)> done) override {
    logout_session(core_, std::move(sid), std::move(done));
  }
  void logout_all(std::string user_id, UniqueFunction<void(Fault)> done) override {
    auth::logout_all(core_, std::move(user_id), std::move(done));
  }
  void change_password(PasswordChangeAttempt attempt,
                       UniqueFunction<void(Outcome<std::monostate>)> done) override {
    auth::change_password(core_, std::move(attempt), std::move(done));
  }
  void authenticate(std::string token, UniqueFunction<void(Outcome<Principal>)> done) override {
    auth::authenticate(core_, token, std::move(done));
  }

  [[nodiscard]] Verified verify(std::string_view token) const override {
    if (token.empty()) {
      return {Fault::kNoToken, {}};
    }
    return core_->in_force().keyring->tokens->verify(TokenUse::kAccess, token,
                                                     core_->clock.unix_seconds());
  }
  [[nodiscard]] Verified verify_refresh(std::string_view token) const override {
    if (token.empty()) {
      return {Fault::kNoToken, {}};
    }
    return core_->in_force().keyring->tokens->verify(TokenUse::kRefresh, token,
                                                     core_->clock.unix_seconds());
  }
  [[nodiscard]] bool csrf_ok(std::string_view sid, std::string_view token) const override {
    return core_->in_force().keyring->csrf.verify(sid, token);
  }
  [[nodiscard]] Result<std::string> issue_csrf(std::string_view sid) const override {
    return core_->in_force().keyring->csrf.issue(sid);
  }

  Result<storage::User> create_user(std::string username, std::string email, Secret password,
                                    std::string role) override {
    return auth::create_user(*core_, std::move(username), email, std::move(password),
                             std::move(role));
  }
  Result<std::string> issue_token(std::string user_id, std::int64_t ttl_s) override {
    return auth::issue_token(*core_, user_id, ttl_s);
  }
  Result<std::vector<storage::LoginSession>> list_logins(std::string user_id) override {
    return auth::list_logins(*core_, user_id);
  }
  Status end_login(std::string sid) override { return auth::end_login(*core_, sid); }
  Status revoke_tokens(std::string name, std::int64_t until_s) override {
    return auth::revoke_tokens(*core_, name, until_s);
  }
  Status set_enabled(std::string user_id, bool enabled) override {
    return auth::set_enabled(*core_, user_id, enabled);
  }
  Status set_role(std::string user_id, std::string role) override {
    return auth::set_role(*core_, user_id, role);
  }
  Status set_password(std::string user_id, Secret password) override {
    return auth::set_password(*core_, user_id, std::move(password));
  }
  Status remove_user(std::string user_id) override { return auth::remove_user(*core_, user_id); }
  Result<storage::User> find_user(std::string_view who) override {
    return auth::find_user(*core_, who);
  }
  Result<std::vector<storage::User>> list_users() override { return auth::list_users(*core_); }

 private:
  const Core core_;
};

}  // namespace

std::unique_ptr<Accounts> Accounts::create(storage::Database& database, PasswordHasher& hasher,
                                           std::shared_ptr<const Keyring> keyring,
                                           AccountOptions options, Revoked revoked,
                                           const Clock& clock, Logger& log) {
  return std::make_unique<AccountsFace>(std::make_shared<AccountCore>(
      database, hasher, AccountCore::InForce{std::move(keyring), options}, std::move(revoked),
      clock, log));
}

}  // namespace securechat::auth
