#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "auth/pepper.h"
#include "base/secret.h"
#include "base/status.h"
#include "base/task.h"
#include "base/worker_pool.h"

namespace securechat::auth {

// bcrypt ($2b$) through libxcrypt on the worker pool. Inputs are copied and wiped.
class PasswordHasher {
 public:
  // `pool` must outlive the hasher. `cost`, 4 to 31, is that of new hashes; `dearest` the highest
  // of those that are stored, when one is higher. Every check that fails takes the time of the
  // higher one of both, whatever was stored: another time would tell that there is an account. With
  // a pepper new hashes are made with it, and begin with its mark; others still match, except those
  // of another pepper.
  static Result<std::unique_ptr<PasswordHasher>> create(
      WorkerPool& pool, int cost, std::shared_ptr<const Pepper> pepper = nullptr, int dearest = 0);
  virtual ~PasswordHasher() = default;

  // Any thread. False when the pool's queue is full; the callback is then not called. Otherwise it
  // is called once, on a worker.
  virtual bool hash(Secret password, UniqueFunction<void(Result<std::string>)> done) = 0;
  // `stored` may be empty: the dummy is checked and the answer is false.
  virtual bool verify(Secret password, std::string stored, UniqueFunction<void(bool)> done) = 0;
  // Whether a stored hash was made with another cost or without the pepper, and should be renewed
  // at login.
  [[nodiscard]] virtual bool outdated(std::string_view stored) const = 0;
  // bcrypt's rounds so far, 2^cost of each hash. Any thread.
  [[nodiscard]] virtual std::uint64_t rounds() const = 0;
};

}  // namespace securechat::auth
