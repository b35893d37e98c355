// The host's own calls on logins: its users' sessions, and the tokens of an external issuer.
#include <utility>

#include "auth/host_accounts.h"
#include "auth/sessions.h"

namespace securechat::auth {
namespace {

using storage::LoginSession;
using storage::Stores;

constexpr std::size_t kLongestName = 1024;
constexpr int kForgottenPerRevocation = 16;

}  // namespace

Result<std::vector<LoginSession>> list_logins(AccountCore& core, const std::string& user_id) {
  std::vector<LoginSession> logins;
  const std::int64_t now_ms = core.clock.unix_ms();
  Status status = core.database.read_and_wait(
      [&](Stores& stores) { return take(stores.sessions.list(user_id, now_ms), logins); });
  if (!status.ok()) return status;
  return logins;
}

Status end_login(AccountCore& core, const std::string& sid) {
  return write_and_tell(core, [sid](Stores& stores, std::vector<std::string>& revoked) -> Status {
    std::optional<LoginSession> session;
    if (Status status = take(stores.sessions.find(sid), session); !status.ok()) return status;
    if (!session) return {Code::kNotFound, "there is no login with that sid"};
    return end_session(stores, *session, revoked);
  });
}

Status revoke_tokens(AccountCore& core, const std::string& name, std::int64_t until_s) {
  if (!core.in_force().keyring->tokens->external_issuer()) {
    return {Code::kUnsupported,
            "this server issues its tokens itself: end their login by its sid instead"};
  }
  if (name.empty() || name.size() > kLongestName) {
    return {Code::kInvalid, "the jti or sid has from 1 to 1024 bytes"};
  }
  const std::int64_t now_s = core.clock.unix_seconds();
  if (until_s < 0 || until_s > now_s + kMaxTokenTtlS) {
    return {Code::kInvalid, "the time until which tokens are revoked is over ten years away"};
  }
  if (until_s == 0) until_s = now_s + kMaxTokenTtlS;
  return write_and_tell(core, [=](Stores& stores, std::vector<std::string>& revoked) {
    Status status = stores.sessions.prune_names(now_s * 1000, kForgottenPerRevocation);
    if (status.ok()) status = stores.sessions.revoke_name(name, until_s * 1000);
    if (status.ok()) revoked.push_back(name);
    return status;
  });
}

}  // namespace securechat::auth
