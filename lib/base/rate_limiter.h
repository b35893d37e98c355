#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/seeded_hash.h"

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
// refused. Memory is bounded (SECURITY R64): a full table forgets the keys that were seen only
// once before it forgets an active peer, so that a flood of new addresses changes neither the
// memory nor the counts of those who were there. Keys whose attempts have all left the window go by
// themselves. `limit` below 1 refuses everything. One thread.
class RateLimiter {
 public:
  // `count_refused`: whether a refused attempt counts too. `max_keys` bounds the table.
  RateLimiter(std::int64_t limit, std::int64_t window_ms, bool count_refused,
              std::size_t max_keys = 65'536);

  RateVerdict attempt(std::string_view key, std::int64_t now_ms);
  // What attempt would answer, without counting.
  [[nodiscard]] RateVerdict peek(std::string_view key, std::int64_t now_ms) const;
  // New limits hold for the attempts already counted.
  void configure(std::int64_t limit, std::int64_t window_ms);
  [[nodiscard]] std::size_t size() const { return entries_.size(); }

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
                                    bool allowed) const;
  [[nodiscard]] std::size_t first_live(const Entry& entry, std::int64_t now_ms) const;
  void count_attempt(Entry& entry, std::int64_t now_ms);
  void forget_expired(Entry& entry, std::int64_t now_ms) const;
  void drop_idle(std::int64_t now_ms);
  void evict();
  Entry& touch(std::string_view key);

  std::int64_t limit_;
  std::int64_t window_ms_;
  bool count_refused_;
  std::size_t max_keys_;
  EntryList once_;    // Keys with one attempt, newest first.
  EntryList active_;  // Keys that came back, newest first.
  std::unordered_map<std::string_view, EntryList::iterator, SeededHash> entries_;
};

}  // namespace securechat
