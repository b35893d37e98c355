#include "server/accounts_runtime.h"

#include <algorithm>
#include <thread>
#include <utility>

namespace securechat::server {
namespace {

// Hashes that may wait. At a quarter of a second each, more would answer after the client gave up.
constexpr std::size_t kHashQueue = 64;

// One core is left to the loop.
std::size_t hash_threads() {
  return std::clamp<std::size_t>(std::thread::hardware_concurrency(), 2, 9) - 1;
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
      auth::PasswordHasher::create(*runtime->pool_, settings.bcrypt_cost);
  if (!hasher.ok()) return hasher.status();
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
