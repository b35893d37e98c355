#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/seeded_hash.h"
#include "base/thread_annotations.h"

namespace securechat {

// What a limiter says of one attempt; the numbers fill the X-RateLimit-* headers.
struct RateVerdict {
  bool allowed = true;
  std::int64_t limit = 0;
  std::int64_t remaining = 0;
  std::int64_t retry_after_ms = 0;  // 0 when allowed: until the oldest counted attempt leaves.
  std::int64_t reset_ms = 0;        // until the window is empty again.
};

// A sliding window per key, exact: with a limit of 10 the eleventh attempt inside the window is
// refused. Memory is bounded: a full table forgets the keys that were seen only
// once before it forgets an active peer, so that a flood of new addresses changes neither the
// memory nor the counts of those who were there. Keys whose attempts have all left the window go by
// themselves. `limit` below 1 refuses everything. Any thread: what is counted for a user or an
// address is counted over all event loops.
class RateLimiter {
 public:
  // `count_refused`: whether a refused attempt counts too. `max_keys` bounds the table.
  RateLimiter(std::int64_t limit, std::int64_t window_ms, bool count_refused,
              std::size_t max_keys = 65'536);

  RateVerdict attempt(std::string_view key, std::int64_t now_ms) SECURECHAT_EXCLUDES(mutex_);
  // What attempt would answer, without counting.
  [[nodiscard]] RateVerdict peek(std::string_view key, std::int64_t now_ms) const
      SECURECHAT_EXCLUDES(mutex_);
  // New limits hold for the attempts already counted.
  void configure(std::int64_t limit, std::int64_t window_ms) SECURECHAT_EXCLUDES(mutex_);
  [[nodiscard]] std::size_t size() const SECURECHAT_EXCLUDES(mutex_);

 private:
  struct Entry;
  using EntryList = std::list<Entry>;
  struct Entry {
    std::string key;
    std::vector<std::int64_t> times;  // A ring of the counted attempts; at most `limit` of them.
    std::size_t head = 0;
    std::size_t count = 0;
    bool seen_again = false;

    // The attempt number `index`, oldest first.
    [[nodiscard]] std::int64_t time(std::size_t index) const {
      return times[(head + index) % times.size()];
    }
    void forget_oldest(std::size_t how_many);
    void grow(std::size_t capacity);
  };
  // The answer for `entry`, of which the attempts from `first` on are live.
  [[nodiscard]] RateVerdict verdict(const Entry& entry, std::size_t first, std::int64_t now_ms,
                                    bool allowed) const SECURECHAT_REQUIRES(mutex_);
  [[nodiscard]] std::size_t first_live(const Entry& entry, std::int64_t now_ms) const
      SECURECHAT_REQUIRES(mutex_);
  void count_attempt(Entry& entry, std::int64_t now_ms) SECURECHAT_REQUIRES(mutex_);
  void forget_expired(Entry& entry, std::int64_t now_ms) const SECURECHAT_REQUIRES(mutex_);
  void drop_idle(std::int64_t now_ms) SECURECHAT_REQUIRES(mutex_);
  void evict() SECURECHAT_REQUIRES(mutex_);
  Entry& touch(std::string_view key) SECURECHAT_REQUIRES(mutex_);

  mutable Mutex mutex_;
  std::int64_t limit_ SECURECHAT_GUARDED_BY(mutex_);
  std::int64_t window_ms_ SECURECHAT_GUARDED_BY(mutex_);
  const bool count_refused_;
  const std::size_t max_keys_;
  EntryList once_ SECURECHAT_GUARDED_BY(mutex_);    // Keys with one attempt, newest first.
  EntryList active_ SECURECHAT_GUARDED_BY(mutex_);  // Keys that came back, newest first.
  std::unordered_map<std::string_view, EntryList::iterator, SeededHash> entries_
      SECURECHAT_GUARDED_BY(mutex_);
};

}  // namespace securechat
