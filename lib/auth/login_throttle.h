#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "auth/failure_table.h"
#include "base/clock.h"
#include "base/seeded_hash.h"
#include "base/task.h"
#include "base/thread_annotations.h"

namespace securechat::auth {

// What the attempts of a session's owner are counted under, instead of the account.
[[nodiscard]] inline std::string session_key(std::string_view sid) {
  return "session " + std::string(sid);
}

struct ThrottleLimits {
  std::int64_t account_failures = 5;  // In a row, before an account has to wait; 0: never.
  std::int64_t address_failures = 5;
  std::int64_t longest_delay_ms = 900'000;
};

// Slows down who guesses passwords: failed logins are counted per account and per client address,
// and after some in a row the next attempt has to wait, twice as long with each one more. An
// account is a name here, whether it exists or not. Attempts that run count as if they were going
// to fail, so that no number of parallel ones gets more guesses; those beyond that wait for the
// ones that run, and are not refused when these succeed. A success ends the account's row. It does
// not touch the address's: whoever guesses has an account of his own to succeed with. That row
// loses one failure in each of the longest waits, so that those who share an address, and mistype
// now and then, are never worse off than that for long. Any thread. Counts live in memory: a
// restart forgets them, which nobody outside can bring about.
class LoginThrottle {
 public:
  // An empty key is not counted.
  struct Keys {
    std::string account;
    std::string address;
  };

  // The leave to try, once. Whoever holds it says how the attempt ended; if nobody does, as when
  // the server was too busy to find out, it counts for nothing.
  class Pass {
   public:
    Pass() = default;
    Pass(Pass&& other) noexcept;
    Pass& operator=(Pass&& other) noexcept;
    ~Pass() { end(Ending::kUndecided); }

    [[nodiscard]] bool allowed() const { return retry_after_ms_ == 0; }
    [[nodiscard]] std::int64_t retry_after_ms() const { return retry_after_ms_; }
    void succeeded() { end(Ending::kSuccess); }
    void failed() { end(Ending::kFailure); }

   private:
    friend class LoginThrottle;
    enum class Ending { kUndecided, kSuccess, kFailure };
    Pass(LoginThrottle* throttle, Keys keys) : throttle_(throttle), keys_(std::move(keys)) {}
    explicit Pass(std::int64_t retry_after_ms) : retry_after_ms_(retry_after_ms) {}
    void end(Ending ending);

    LoginThrottle* throttle_ = nullptr;
    Keys keys_;
    std::int64_t retry_after_ms_ = 0;
  };
  using Then = UniqueFunction<void(Pass)>;

  // `clock` must outlive the throttle, and the throttle every pass.
  LoginThrottle(const Clock& clock, ThrottleLimits limits, std::size_t max_keys = 65'536)
      : clock_(clock), limits_(limits), accounts_(max_keys), addresses_(max_keys) {}

  // Calls `then` once: at once, or when attempts on the same account have ended, on the thread
  // that ended them.
  void enter(Keys keys, Then then) SECURECHAT_EXCLUDES(mutex_);
  // The account's owner has shown himself in another way.
  void forget_account(std::string_view account) SECURECHAT_EXCLUDES(mutex_);
  void configure(ThrottleLimits limits) SECURECHAT_EXCLUDES(mutex_);

 private:
  struct Waiter {
    Keys keys;
    Then then;
  };
  struct Running {
    std::int64_t count = 0;
    std::deque<Waiter> waiting;
  };
  using RunningTable = std::unordered_map<std::string, Running, SeededHash, std::equal_to<>>;
  struct Decision {
    enum { kGo, kWait, kRefuse } what = kGo;
    std::int64_t retry_after_ms = 0;
  };

  [[nodiscard]] DelayRule account_rule() const SECURECHAT_REQUIRES(mutex_);
  [[nodiscard]] DelayRule address_rule() const SECURECHAT_REQUIRES(mutex_);
  [[nodiscard]] Decision decide(const Keys& keys) const SECURECHAT_REQUIRES(mutex_);
  Pass admit(Keys keys) SECURECHAT_REQUIRES(mutex_);
  void settle(const Keys& keys, Pass::Ending ending) SECURECHAT_EXCLUDES(mutex_);
  void leave(RunningTable& running, const std::string& key) SECURECHAT_REQUIRES(mutex_);

  const Clock& clock_;
  Mutex mutex_;
  ThrottleLimits limits_ SECURECHAT_GUARDED_BY(mutex_);
  FailureTable accounts_ SECURECHAT_GUARDED_BY(mutex_);
  FailureTable addresses_ SECURECHAT_GUARDED_BY(mutex_);
  RunningTable running_accounts_ SECURECHAT_GUARDED_BY(mutex_);
  RunningTable running_addresses_ SECURECHAT_GUARDED_BY(mutex_);
};

}  // namespace securechat::auth
