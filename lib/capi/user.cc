#include "securechat/user.h"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "auth/accounts.h"
#include "base/json.h"
#include "base/secret.h"
#include "base/text.h"
#include "capi/boundary.h"
#include "storage/session_store.h"
#include "storage/user_store.h"

using namespace securechat;
using namespace securechat::capi;

namespace {

// An allow-list: the hash of the password is not for hosts.
void append_user(JsonWriter& json, const storage::User& user) {
  json.begin_object().key("id").string(user.id).key("username").string(user.username);
  json.key("email").string(user.email).key("role").string(user.role);
  json.key("enabled").boolean(user.enabled).key("pending").boolean(user.pending);
  json.key("createdAt").string(iso8601(user.created_at_ms));
  json.end_object();
}

void append_login(JsonWriter& json, const storage::LoginSession& login) {
  json.begin_object().key("sid").string(login.sid).key("userId").string(login.user_id);
  json.key("createdAt").string(iso8601(login.created_at_ms));
  json.key("lastUsedAt").string(iso8601(login.last_used_ms));
  json.key("expiresAt").string(iso8601(login.expires_at_ms)).end_object();
}

// The calls that change something of accounts and give nothing. `name` says which, and is `what`.
template <typename Change>
securechat_status change_account(securechat_server* server, const char* name, const char* what,
                                 Change&& change) {
  return guard([&] {
    if (Status s = check_blocking(server); !s.ok()) return s;
    if (Status s = check_text(name, what); !s.ok()) return s;
    const Result<auth::Accounts*> accounts = server->impl->accounts();
    return accounts.ok() ? change(**accounts) : accounts.status();
  });
}

// The calls that change one account.
template <typename Change>
securechat_status change_user(securechat_server* server, const char* user_id, Change&& change) {
  return change_account(server, user_id, "the user id", std::forward<Change>(change));
}

}  // namespace

securechat_status securechat_user_create(securechat_server* server, const char* username,
                                         const char* email, const char* password, char** user_id) {
  return guard([=] {
    if (Status s = prepare(user_id); !s.ok()) return s;
    if (Status s = check_blocking(server); !s.ok()) return s;
    if (Status s = check_text(username, "the username", Empty::kAllowed); !s.ok()) return s;
    if (Status s = check_text(email, "the e-mail address", Empty::kAllowed); !s.ok()) return s;
    if (Status s = check_text(password, "the password", Empty::kAllowed); !s.ok()) return s;
    const Result<auth::Accounts*> accounts = server->impl->accounts();
    if (!accounts.ok()) return accounts.status();
    const Result<storage::User> user =
        (*accounts)->create_user(username, email, Secret(password), "user");
    if (!user.ok()) return user.status();
    give_text(user_id, user->id);
    return Status();
  });
}

securechat_status securechat_user_find(securechat_server* server, const char* who, char** json) {
  return guard([=] {
    if (Status s = prepare(json); !s.ok()) return s;
    if (Status s = check_blocking(server); !s.ok()) return s;
    if (Status s = check_text(who, "the id, address or username"); !s.ok()) return s;
    const Result<auth::Accounts*> accounts = server->impl->accounts();
    if (!accounts.ok()) return accounts.status();
    const Result<storage::User> user = (*accounts)->find_user(who);
    if (!user.ok()) return user.status();
    std::string text;
    JsonWriter writer(text);
    append_user(writer, *user);
    give_text(json, text);
    return Status();
  });
}

securechat_status securechat_user_list(securechat_server* server, char** json) {
  return guard([=] {
    if (Status s = prepare(json); !s.ok()) return s;
    if (Status s = check_blocking(server); !s.ok()) return s;
    const Result<auth::Accounts*> accounts = server->impl->accounts();
    if (!accounts.ok()) return accounts.status();
    const Result<std::vector<storage::User>> users = (*accounts)->list_users();
    if (!users.ok()) return users.status();
    std::string text;
    JsonWriter writer(text);
    writer.begin_array();
    for (const storage::User& user : *users) append_user(writer, user);
    writer.end_array();
    give_text(json, text);
    return Status();
  });
}

securechat_status securechat_user_set_role(securechat_server* server, const char* user_id,
                                           const char* role) {
  return change_user(server, user_id, [=](auth::Accounts& accounts) {
    if (Status s = check_text(role, "the role"); !s.ok()) return s;
    return accounts.set_role(user_id, role);
  });
}

securechat_status securechat_user_set_enabled(securechat_server* server, const char* user_id,
                                              int enabled) {
  return change_user(server, user_id, [=](auth::Accounts& accounts) {
    return accounts.set_enabled(user_id, enabled != 0);
  });
}

securechat_status securechat_user_set_password(securechat_server* server, const char* user_id,
                                               const char* password) {
  return change_user(server, user_id, [=](auth::Accounts& accounts) {
    if (Status s = check_text(password, "the password", Empty::kAllowed); !s.ok()) return s;
    return accounts.set_password(user_id, Secret(password));
  });
}

securechat_status securechat_user_remove(securechat_server* server, const char* user_id) {
  return change_user(server, user_id,
                     [=](auth::Accounts& accounts) { return accounts.remove_user(user_id); });
}

securechat_status securechat_login_list(securechat_server* server, const char* user_id,
                                        char** json) {
  return guard([=] {
    if (Status s = prepare(json); !s.ok()) return s;
    if (Status s = check_blocking(server); !s.ok()) return s;
    if (Status s = check_text(user_id, "the user id"); !s.ok()) return s;
    const Result<auth::Accounts*> accounts = server->impl->accounts();
    if (!accounts.ok()) return accounts.status();
    const Result<std::vector<storage::LoginSession>> logins = (*accounts)->list_logins(user_id);
    if (!logins.ok()) return logins.status();
    std::string text;
    JsonWriter writer(text);
    writer.begin_array();
    for (const storage::LoginSession& login : *logins) append_login(writer, login);
    writer.end_array();
    give_text(json, text);
    return Status();
  });
}

securechat_status securechat_login_revoke(securechat_server* server, const char* sid) {
  return change_account(server, sid, "the login's sid",
                        [=](auth::Accounts& accounts) { return accounts.end_login(sid); });
}

securechat_status securechat_token_revoke(securechat_server* server, const char* name,
                                          int64_t until) {
  return change_account(server, name, "the token's jti or sid", [=](auth::Accounts& accounts) {
    return accounts.revoke_tokens(name, until);
  });
}

securechat_status securechat_token_issue(securechat_server* server, const char* user_id,
                                         int64_t ttl_seconds, char** jwt) {
  return guard([=] {
    if (Status s = prepare(jwt); !s.ok()) return s;
    if (Status s = check_blocking(server); !s.ok()) return s;
    if (Status s = check_text(user_id, "the user id"); !s.ok()) return s;
    if (ttl_seconds < 0) return Status(Code::kInvalid, "ttl_seconds is negative");
    const Result<auth::Accounts*> accounts = server->impl->accounts();
    if (!accounts.ok()) return accounts.status();
    return give(jwt, (*accounts)->issue_token(user_id, ttl_seconds));
  });
}

securechat_status securechat_token_verify(securechat_server* server, const char* jwt,
                                          char** claims_json) {
  return guard([=] {
    if (Status s = prepare(claims_json); !s.ok()) return s;
    if (Status s = check_blocking(server); !s.ok()) return s;
    if (Status s = check_text(jwt, "the token", Empty::kAllowed); !s.ok()) return s;
    return give(claims_json, server->impl->verify_token(jwt));
  });
}

securechat_status securechat_server_on_registration(securechat_server* server,
                                                    securechat_registration_fn callback,
                                                    void* user_data,
                                                    securechat_destroy_fn destroy) {
  HostData data(user_data, destroy);
  return guard([=, &data] {
    if (Status s = check(server); !s.ok()) return s;
    if (callback == nullptr) return Status(Code::kInvalid, "the callback is NULL");
    return server->impl->on_registration([=, data = std::move(data)](auth::Registered state,
                                                                     std::string_view user_id,
                                                                     std::string_view email) {
      call_host(server->impl->log(), "registration", [&] {
        const std::string id(user_id);
        const std::string address(email);
        callback(server, static_cast<std::int32_t>(state), id.c_str(), address.c_str(), data.get());
      });
    });
  });
}
