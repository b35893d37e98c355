#include "server/accounts_runtime.h"

#include <algorithm>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "auth/names.h"

namespace securechat::server {
namespace {

// Hashes that may wait. At a quarter of a second each, more would answer after the client gave up.
constexpr std::size_t kHashQueue = 64;

// One core is left to the loop.
std::size_t hash_threads() {
  return std::clamp<std::size_t>(std::thread::hardware_concurrency(), 2, 9) - 1;
}

// Without its pepper no password matches any more: better nobody starts so than that everybody is
// told that his password is wrong.
Status check_peppers(storage::Database& database, const Settings& settings) {
  if (settings.allow_lost_pepper) return {};
  const std::string mark = settings.pepper ? settings.pepper->mark() : "none";
  bool lost = false;
  Status read = database.read_and_wait([&](storage::Stores& stores) -> Status {
    const Result<bool> found = stores.users.has_hash_outside(auth::kPepperFamily, mark);
    if (found.ok()) lost = *found;
    return found.status();
  });
  if (!read.ok() || !lost) return read;
  return {
      Code::kInvalid,
      settings.pepper
          ? "auth.pepper is another one than passwords were stored under; give back the old one, "
            "or set auth.allow_lost_pepper=true and give those users new passwords"
          : "auth.pepper is missing, and passwords were stored under one; give it back, or set "
            "auth.allow_lost_pepper=true and give those users new passwords"};
}

// Makes the hasher for what the database holds.
Result<std::unique_ptr<auth::PasswordHasher>> make_hasher(WorkerPool& pool,
                                                          storage::Database& database,
                                                          const Settings& settings, Logger& log) {
  int dearest = 0;
  Status read = database.read_and_wait([&dearest](storage::Stores& stores) -> Status {
    const Result<int> found = stores.users.highest_bcrypt_cost();
    if (found.ok()) dearest = *found;
    return found.status();
  });
  if (!read.ok()) return read;
  if (dearest > settings.bcrypt_cost) {
    log.warn(
        "passwords are stored under cost " + std::to_string(dearest) +
        ", over auth.bcrypt_cost: failed logins take the time of that one, so that it does not "
        "tell who has an account, until all who have such a password have logged in and the "
        "server is started again");
  }
  return auth::PasswordHasher::create(pool, settings.bcrypt_cost, settings.pepper, dearest);
}

// Users from before auth.unique_usernames was turned on get their names, in the order in which they
// came; who shares one with an earlier user keeps it, unclaimed.
Status claim_names(storage::Database& database) {
  return database.write_and_wait([](storage::Stores& stores) -> Status {
    const Result<std::vector<storage::User>> users = stores.users.list();
    if (!users.ok()) return users.status();
    for (const storage::User& user : *users) {
      const std::string key = auth::name_key(user.username);
      if (!user.claimed_name.empty() || key.empty()) continue;  // Nobody may take an empty one.
      Status claimed = stores.users.claim_name(user.id, key);
      if (!claimed.ok()) return claimed;
    }
    return {};
  });
}

}  // namespace

Result<std::unique_ptr<AccountsRuntime>> AccountsRuntime::open(const Settings& settings,
                                                               auth::Accounts::Revoked revoked,
                                                               const Clock& clock, Logger& log) {
  std::unique_ptr<AccountsRuntime> runtime(new AccountsRuntime());
  storage::DatabaseOptions options;
  options.path = settings.database_path;
  Result<std::unique_ptr<storage::Database>> database =
      storage::Database::open(options, clock, log);
  if (!database.ok()) return database.status();
  runtime->database_ = std::move(*database);
  runtime->pool_ = std::make_unique<WorkerPool>(hash_threads(), kHashQueue);
  Result<std::unique_ptr<auth::PasswordHasher>> hasher =
      make_hasher(*runtime->pool_, *runtime->database_, settings, log);
  if (!hasher.ok()) return hasher.status();
  if (Status known = check_peppers(*runtime->database_, settings); !known.ok()) return known;
  if (settings.accounts.unique_usernames) {
    if (Status claimed = claim_names(*runtime->database_); !claimed.ok()) return claimed;
  }
  runtime->hasher_ = std::move(*hasher);
  runtime->accounts_ =
      auth::Accounts::create(*runtime->database_, *runtime->hasher_, settings.keyring,
                             settings.accounts, std::move(revoked), clock, log);
  return runtime;
}

void AccountsRuntime::close() {
  if (pool_) pool_->stop();
  if (database_) database_->close();
}

}  // namespace securechat::server
