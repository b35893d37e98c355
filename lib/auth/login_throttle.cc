#include "auth/login_throttle.h"

#include <algorithm>
#include <optional>
#include <utility>

namespace securechat::auth {
namespace {

constexpr std::int64_t kLockAt = 100;
constexpr std::size_t kMaxWaiting = 64;  // Per account.
// For attempts that only others in flight keep from being made.
constexpr std::int64_t kSoonMs = 1'000;

}  // namespace

LoginThrottle::Pass::Pass(Pass&& other) noexcept
    : throttle_(std::exchange(other.throttle_, nullptr)),
      keys_(std::move(other.keys_)),
      retry_after_ms_(other.retry_after_ms_) {}

LoginThrottle::Pass& LoginThrottle::Pass::operator=(Pass&& other) noexcept {
  if (this != &other) {
    end(Ending::kUndecided);
    throttle_ = std::exchange(other.throttle_, nullptr);
    keys_ = std::move(other.keys_);
    retry_after_ms_ = other.retry_after_ms_;
  }
  return *this;
}

void LoginThrottle::Pass::end(Ending ending) {
  if (LoginThrottle* const throttle = std::exchange(throttle_, nullptr)) {
    throttle->settle(keys_, ending);
  }
}

DelayRule LoginThrottle::account_rule() const {
  return {limits_.account_failures, limits_.longest_delay_ms, kLockAt, 0};
}

DelayRule LoginThrottle::address_rule() const {
  // Many people may share an address: it is never locked for a day.
  return {limits_.address_failures, limits_.longest_delay_ms, 0, limits_.longest_delay_ms};
}

LoginThrottle::Decision LoginThrottle::decide(const Keys& keys) const {
  const std::int64_t now_ms = clock_.monotonic_ms();
  struct Side {
    const std::string& key;
    const FailureTable& failures;
    const RunningTable& running;
    DelayRule rule;
    Decision crowded;  // When those that run may use up what is left.
  };
  for (const Side& side :
       {Side{keys.address,
             addresses_,
             running_addresses_,
             address_rule(),
             {Decision::kRefuse, kSoonMs}},
        Side{keys.account, accounts_, running_accounts_, account_rule(), {Decision::kWait, 0}}}) {
    if (side.key.empty() || side.rule.free == 0) {
      continue;
    }
    const FailureTable::Standing standing =
        side.failures.find(side.key, now_ms, side.rule.decay_ms);
    if (now_ms < standing.until_ms) {
      return {Decision::kRefuse, standing.until_ms - now_ms};
    }
    const auto running = side.running.find(side.key);
    const std::int64_t others = running == side.running.end() ? 0 : running->second.count;
    if (others > 0 && standing.failures + others >= side.rule.free) {
      return side.crowded;
    }
  }
  return {};
}

LoginThrottle::Pass LoginThrottle::admit(Keys keys) {
  for (const auto& [key, running] : {std::pair(&keys.account, &running_accounts_),
                                     std::pair(&keys.address, &running_addresses_)}) {
    if (!key->empty()) {
      ++(*running)[*key].count;
    }
  }
  return {this, std::move(keys)};
}

void LoginThrottle::enter(Keys keys, Then then) {
  std::optional<Pass> pass;
  {
    MutexLock lock(mutex_);
    Decision decision = decide(keys);
    if (decision.what == Decision::kWait) {
      std::deque<Waiter>& waiting = running_accounts_[keys.account].waiting;
      if (waiting.size() < kMaxWaiting) {
        waiting.push_back({std::move(keys), std::move(then)});
        return;
      }
      decision = {Decision::kRefuse, kSoonMs};
    }
    if (decision.what == Decision::kRefuse) {
      pass.emplace(Pass(decision.retry_after_ms));
    } else {
      pass.emplace(admit(std::move(keys)));
    }
  }
  then(std::move(*pass));
}

void LoginThrottle::settle(const Keys& keys, Pass::Ending ending) {
  std::vector<std::pair<Then, Pass>> released;
  {
    MutexLock lock(mutex_);
    const std::int64_t now_ms = clock_.monotonic_ms();
    if (!keys.address.empty()) {
      leave(running_addresses_, keys.address);
      if (ending == Pass::Ending::kFailure) {
        addresses_.count(keys.address, address_rule(), now_ms);
      }
    }
    if (!keys.account.empty()) {
      if (ending == Pass::Ending::kSuccess) {
        accounts_.forget(keys.account);
      } else if (ending == Pass::Ending::kFailure) {
        accounts_.count(keys.account, account_rule(), now_ms);
      }
      Running& running = running_accounts_[keys.account];
      --running.count;
      while (!running.waiting.empty()) {
        const Decision decision = decide(running.waiting.front().keys);
        if (decision.what == Decision::kWait) {
          break;
        }
        Waiter waiter = std::move(running.waiting.front());
        running.waiting.pop_front();
        released.emplace_back(std::move(waiter.then), decision.what == Decision::kGo
                                                          ? admit(std::move(waiter.keys))
                                                          : Pass(decision.retry_after_ms));
      }
      if (running.count == 0) {  // Then nobody waits.
        running_accounts_.erase(keys.account);
      }
    }
  }
  for (auto& [then, pass] : released) {
    then(std::move(pass));
  }
}

void LoginThrottle::leave(RunningTable& running, const std::string& key) {
  if (const auto found = running.find(key); --found->second.count == 0) {
    running.erase(found);
  }
}

void LoginThrottle::forget_account(std::string_view account) {
  MutexLock lock(mutex_);
  accounts_.forget(account);
}

void LoginThrottle::configure(ThrottleLimits limits) {
  MutexLock lock(mutex_);
  limits_ = limits;
}

}  // namespace securechat::auth
