#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "auth/account_core.h"

// The host's own calls. They wait for their answer and are not for the library's threads.
namespace securechat::auth {

// Runs `work` in a unit of work and waits for it; after the commit the sockets of what it added to
// its second argument are told.
Status write_and_tell(
    AccountCore& core,
    std::function<Status(storage::Stores& stores, std::vector<std::string>& revoked)> work);

Result<storage::User> create_user(AccountCore& core, std::string username, const std::string& email,
                                  Secret password, std::string role);
Result<std::string> issue_token(AccountCore& core, const std::string& user_id, std::int64_t ttl_s);
Result<std::vector<storage::LoginSession>> list_logins(AccountCore& core,
                                                       const std::string& user_id);
Status end_login(AccountCore& core, const std::string& sid);
Status revoke_tokens(AccountCore& core, const std::string& name, std::int64_t until_s);
Status set_enabled(AccountCore& core, const std::string& user_id, bool enabled);
Status set_role(AccountCore& core, const std::string& user_id, const std::string& role);
Status set_password(AccountCore& core, const std::string& user_id, Secret password);
Status remove_user(AccountCore& core, const std::string& user_id);
Result<storage::User> find_user(AccountCore& core, std::string_view who);
Result<std::vector<storage::User>> list_users(AccountCore& core);

}  // namespace securechat::auth
