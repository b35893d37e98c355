#pragma once

#include <memory>

#include "auth/accounts.h"
#include "auth/password_hasher.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/status.h"
#include "base/worker_pool.h"
#include "server/settings.h"
#include "storage/database.h"

namespace securechat::server {

// Storage, hashing threads and accounts, which work without a listener too: securechatd's user
// verbs need no more. Opened and closed as one.
class AccountsRuntime {
 public:
  static Result<std::unique_ptr<AccountsRuntime>> open(const Settings& settings,
                                                       auth::Accounts::Revoked revoked,
                                                       const Clock& clock, Logger& log);
  ~AccountsRuntime() { close(); }
  AccountsRuntime(const AccountsRuntime&) = delete;
  AccountsRuntime& operator=(const AccountsRuntime&) = delete;

  [[nodiscard]] storage::Database& database() { return *database_; }
  [[nodiscard]] const WorkerPool& hashing() const { return *pool_; }
  [[nodiscard]] const auth::PasswordHasher& hasher() const { return *hasher_; }
  [[nodiscard]] auth::Accounts& accounts() { return *accounts_; }
  // Finishes what was begun and answers it, hashes first, because they end in storage. Idempotent.
  void close();

 private:
  AccountsRuntime() = default;

  std::unique_ptr<storage::Database> database_;
  std::unique_ptr<WorkerPool> pool_;
  std::unique_ptr<auth::PasswordHasher> hasher_;
  std::unique_ptr<auth::Accounts> accounts_;
};

}  // namespace securechat::server
