#include "auth/host_accounts.h"

#include <algorithm>
#include <future>
#include <memory>
#include <optional>
#include <utility>

#include "auth/grants.h"
#include "auth/names.h"
#include "auth/rules.h"
#include "auth/sessions.h"
#include "base/random.h"
#include "base/text.h"

namespace securechat::auth {
namespace {

using storage::Stores;
using storage::User;

Result<std::string> hash_and_wait(AccountCore& core, Secret password) {
  const auto answer = std::make_shared<std::promise<Result<std::string>>>();
  std::future<Result<std::string>> waiting = answer->get_future();
  const bool queued = core.hasher.hash(std::move(password), [answer](Result<std::string> hash) {
    answer->set_value(std::move(hash));
  });
  if (!queued) {
    return {Code::kAgain, "too many passwords wait to be hashed; try again later"};
  }
  return waiting.get();
}

Status status_of(Fault fault) {
  switch (fault) {
    case Fault::kNone:
      return {};
    case Fault::kInvalidEmail:
      return {Code::kInvalid, "the e-mail address is not one"};
    case Fault::kPasswordTooShort:
      return {Code::kInvalid, "the password needs at least 8 characters"};
    case Fault::kPasswordNeedsCase:
      return {Code::kInvalid, "the password needs upper and lower case letters"};
    case Fault::kPasswordNeedsNumber:
      return {Code::kInvalid, "the password needs a number"};
    case Fault::kPasswordUnder15:
      return {Code::kInvalid, "the password needs at least 15 characters"};
    case Fault::kPasswordCommon:
      return {Code::kInvalid, "the password is one that others would try first; choose another"};
    case Fault::kPasswordNamesOwner:
      return {Code::kInvalid, "the password is little more than the user's or the product's name"};
    case Fault::kPasswordTooLong:
      return {Code::kInvalid, "the password is longer than 72 bytes (1024 with auth.pepper)"};
    case Fault::kPasswordInvalid:
      return {Code::kInvalid, "the password holds a NUL byte"};
    default:
      return {Code::kInvalid,
              "the username has 1 to 64 characters, no control or invisible ones and none of "
              "< > & \" ' / \\ `"};
  }
}

Status check_role(std::string_view role) {
  if (is_display_name(role)) {
    return {};
  }
  return {Code::kInvalid, "a role has 1 to 64 characters and no control or invisible ones"};
}

Status no_user(std::string_view who) {
  return {Code::kNotFound, "there is no user \"" + std::string(who) + "\""};
}

}  // namespace

Status write_and_tell(
    AccountCore& core,
    std::function<Status(Stores& stores, std::vector<std::string>& revoked)> work) {
  const auto revoked = std::make_shared<std::vector<std::string>>();
  // Shared, because set_value may still touch the promise when the waiter has gone on.
  const auto answer = std::make_shared<std::promise<Status>>();
  std::future<Status> waiting = answer->get_future();
  Status queued = core.database.write(
      [work = std::move(work), revoked](Stores& stores) { return work(stores, *revoked); },
      [&core, revoked, answer](Status status) {
        if (status.ok()) {
          core.tell_revoked(*revoked);
        }
        answer->set_value(std::move(status));
      });
  return queued.ok() ? waiting.get() : queued;
}

Result<User> create_user(AccountCore& core, std::string username, const std::string& email,
                         Secret password, std::string role) {
  username = normal_name(username);
  for (const Fault fault :
       {check_email(email),
        check_password(core.in_force().options.passwords, password.view(), {username, email}),
        check_username(username)}) {
    if (fault != Fault::kNone) {
      return status_of(fault);
    }
  }
  User user;
  user.username = std::move(username);
  if (core.in_force().options.unique_usernames) user.claimed_name = name_key(user.username);
  user.email = trim(email);
  user.email_key = email_key(email);
  user.role = role.empty() ? "user" : std::move(role);
  user.created_at_ms = core.clock.unix_ms();
  if (Status status = check_role(user.role); !status.ok()) {
    return status;
  }
  if (Status status = take(random_hex(16), user.id); !status.ok()) {
    return status;
  }
  if (Status status = take(hash_and_wait(core, std::move(password)), user.password_hash);
      !status.ok()) {
    return status;
  }
  Status stored = write_and_tell(core, [user](Stores& stores, std::vector<std::string>&) {
    return stores.users.insert(user);
  });
  if (!stored.ok()) {
    return stored;
  }
  wipe(user.password_hash);
  return user;
}

Result<std::string> issue_token(AccountCore& core, const std::string& user_id, std::int64_t ttl_s) {
  const AccountCore::InForce in_force = core.in_force();
  const Tokens& tokens = *in_force.keyring->tokens;
  if (tokens.external_issuer()) {
    return {Code::kUnsupported,
            "tokens come from an external issuer (auth.public_key); this server issues none"};
  }
  if (ttl_s < 0 || ttl_s > kMaxTokenTtlS) {
    return {Code::kInvalid, "the life of a token is from 1 second to 10 years"};
  }
  ttl_s = ttl_s == 0 ? tokens.access_ttl_s() : ttl_s;
  const std::int64_t now_ms = core.clock.unix_ms();
  storage::LoginSession session;
  if (Status status = take(new_session(user_id, now_ms, ttl_s), session); !status.ok()) {
    return status;
  }
  const auto user = std::make_shared<std::optional<User>>();
  const std::size_t limit = in_force.options.sessions_per_user;
  Status stored = write_and_tell(
      core, [user, session, limit](Stores& stores, std::vector<std::string>& revoked) -> Status {
        if (Status status = take(stores.users.find(session.user_id), *user); !status.ok()) {
          return status;
        }
        if (!*user) {
          return no_user(session.user_id);
        }
        if (!(*user)->enabled) {
          return {Code::kDenied, "the user is disabled; enable it first"};
        }
        return begin_session(stores, session, {}, limit, revoked);
      });
  if (!stored.ok()) {
    return stored;
  }
  Claims claims;
  claims.user_id = (*user)->id;
  claims.username = (*user)->username;
  claims.email = (*user)->email;
  claims.sid = session.sid;
  if (Status status = take(random_hex(16), claims.jti); !status.ok()) {
    return status;
  }
  return tokens.issue(TokenUse::kAccess, claims, now_ms / 1000, ttl_s);
}

Status set_enabled(AccountCore& core, const std::string& user_id, bool enabled) {
  return write_and_tell(
      core, [user_id, enabled](Stores& stores, std::vector<std::string>& revoked) {
        Status status = stores.users.set_enabled(user_id, enabled);
        return !status.ok() || enabled ? status
                                       : take(stores.sessions.revoke_all(user_id, {}), revoked);
      });
}

Status set_role(AccountCore& core, const std::string& user_id, const std::string& role) {
  if (Status status = check_role(role); !status.ok()) {
    return status;
  }
  return write_and_tell(core, [user_id, role](Stores& stores, std::vector<std::string>&) {
    return stores.users.set_role(user_id, role);
  });
}

Status set_password(AccountCore& core, const std::string& user_id, Secret password) {
  const Result<User> user = find_user(core, user_id);
  const PasswordOwner owner =
      user.ok() ? PasswordOwner{user->username, user->email} : PasswordOwner{};
  const PasswordRules rules = core.in_force().options.passwords;
  if (const Fault fault = check_password(rules, password.view(), owner); fault != Fault::kNone) {
    return status_of(fault);
  }
  if (!user.ok()) {
    return user.status();
  }
  std::string hash;
  if (Status status = take(hash_and_wait(core, std::move(password)), hash); !status.ok()) {
    return status;
  }
  Status stored =
      write_and_tell(core, [user_id, hash](Stores& stores, std::vector<std::string>& revoked) {
        Status status = stores.users.set_password_hash(user_id, hash);
        return status.ok() ? take(stores.sessions.revoke_all(user_id, {}), revoked) : status;
      });
  if (stored.ok()) {
    core.throttle.forget_account(user->email_key);
  }
  return stored;
}

Status remove_user(AccountCore& core, const std::string& user_id) {
  return write_and_tell(core, [user_id](Stores& stores, std::vector<std::string>& revoked) {
    // Revoked first: the sessions go with the user, and their sockets must be told.
    Status status = take(stores.sessions.revoke_all(user_id, {}), revoked);
    return status.ok() ? stores.users.remove(user_id) : status;
  });
}

Result<User> find_user(AccountCore& core, std::string_view who) {
  const std::string name(who);
  std::optional<User> user;
  bool ambiguous = false;
  Status status = core.database.read_and_wait([&](Stores& stores) -> Status {
    Status found = take(stores.users.find(name), user);
    if (found.ok() && !user) {
      found = take(stores.users.find_by_email(email_key(name)), user);
    }
    if (!found.ok() || user) {
      return found;
    }
    // As it was given first: a name from before names were trimmed is not another's.
    found = take(stores.users.find_by_username(name), user);
    if (found.ok() && !user) {
      found = take(stores.users.find_by_username(normal_name(name)), user);
    }
    if (!found.ok() || !user) {
      return found;
    }
    // Usernames are not unique, and what is found here may be deleted next.
    std::vector<User> all;
    found = take(stores.users.list(), all);
    ambiguous = std::count_if(all.begin(), all.end(), [&user](const User& other) {
                  return other.username == user->username;
                }) > 1;
    return found;
  });
  if (!status.ok()) {
    return status;
  }
  if (!user) {
    return no_user(who);
  }
  if (ambiguous) {
    return {Code::kState, "several users are called \"" + name + "\"; give the id or the e-mail"};
  }
  wipe(user->password_hash);
  return std::move(*user);
}

Result<std::vector<User>> list_users(AccountCore& core) {
  std::vector<User> users;
  Status status = core.database.read_and_wait(
      [&users](Stores& stores) { return take(stores.users.list(), users); });
  if (!status.ok()) {
    return status;
  }
  for (User& user : users) {
    wipe(user.password_hash);
  }
  return users;
}

}  // namespace securechat::auth
