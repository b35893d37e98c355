#include "base/rate_limiter.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace securechat {
namespace {

// Of a full table the keys that came back hold at most four fifths, the rest is for newcomers:
// else a table full of active keys would forget every newcomer before its second attempt.
std::size_t active_share(std::size_t max_keys) {
  return std::max<std::size_t>(max_keys * 4 / 5, 1);
}

}  // namespace

RateLimiter::RateLimiter(std::int64_t limit, std::int64_t window_ms, bool count_refused,
                         std::size_t max_keys)
    : limit_(std::max<std::int64_t>(limit, 0)),
      window_ms_(std::max<std::int64_t>(window_ms, 1)),
      count_refused_(count_refused),
      max_keys_(std::max<std::size_t>(max_keys, 2)) {}

std::size_t RateLimiter::size() const {
  MutexLock lock(mutex_);
  return entries_.size();
}

void RateLimiter::configure(std::int64_t limit, std::int64_t window_ms) {
  MutexLock lock(mutex_);
  limit_ = std::max<std::int64_t>(limit, 0);
  window_ms_ = std::max<std::int64_t>(window_ms, 1);
}

RateVerdict RateLimiter::attempt(std::string_view key, std::int64_t now_ms) {
  MutexLock lock(mutex_);
  Entry& entry = touch(key);
  forget_expired(entry, now_ms);
  const bool allowed = static_cast<std::int64_t>(entry.count) < limit_;
  if (allowed || count_refused_) {
    count_attempt(entry, now_ms);
  }
  const RateVerdict result = verdict(entry, 0, now_ms, allowed);
  drop_idle(now_ms);
  return result;
}

RateVerdict RateLimiter::peek(std::string_view key, std::int64_t now_ms) const {
  MutexLock lock(mutex_);
  const auto found = entries_.find(key);
  if (found == entries_.end()) {
    return verdict(Entry{}, 0, now_ms, limit_ > 0);
  }
  const Entry& entry = *found->second;
  const std::size_t first = first_live(entry, now_ms);
  return verdict(entry, first, now_ms, static_cast<std::int64_t>(entry.count - first) < limit_);
}

RateVerdict RateLimiter::verdict(const Entry& entry, std::size_t first, std::int64_t now_ms,
                                 bool allowed) const {
  RateVerdict result;
  const auto count = static_cast<std::int64_t>(entry.count - first);
  result.allowed = allowed;
  result.limit = limit_;
  result.remaining = std::max<std::int64_t>(limit_ - count, 0);
  if (count > 0) {
    result.reset_ms = entry.time(entry.count - 1) + window_ms_ - now_ms;
  }
  if (!allowed) {
    // At most `limit` attempts are live, so there is room as soon as the oldest leaves.
    result.retry_after_ms = count > 0 ? entry.time(first) + window_ms_ - now_ms : window_ms_;
  }
  return result;
}

void RateLimiter::count_attempt(Entry& entry, std::int64_t now_ms) {
  const auto limit = static_cast<std::size_t>(limit_);
  if (limit == 0) {
    return;
  }
  if (entry.count >= limit) {
    entry.forget_oldest(entry.count - limit + 1);  // Only the newest `limit` attempts decide.
  }
  if (entry.count == entry.times.size()) {
    entry.grow(std::min(limit, std::max<std::size_t>(entry.count * 2, 1)));
  }
  if (entry.count > 0) {
    now_ms = std::max(now_ms, entry.time(entry.count - 1));
  }
  entry.times[(entry.head + entry.count) % entry.times.size()] = now_ms;
  ++entry.count;
}

std::size_t RateLimiter::first_live(const Entry& entry, std::int64_t now_ms) const {
  const auto limit = static_cast<std::size_t>(limit_);
  std::size_t low = entry.count > limit ? entry.count - limit : 0;  // A limit that was lowered.
  std::size_t high = entry.count;
  while (low < high) {
    const std::size_t middle = low + (high - low) / 2;
    if (entry.time(middle) + window_ms_ <= now_ms) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

void RateLimiter::forget_expired(Entry& entry, std::int64_t now_ms) const {
  entry.forget_oldest(first_live(entry, now_ms));
}

RateLimiter::Entry& RateLimiter::touch(std::string_view key) {
  if (const auto found = entries_.find(key); found != entries_.end()) {
    const EntryList::iterator entry = found->second;
    active_.splice(active_.begin(), entry->seen_again ? active_ : once_, entry);
    entry->seen_again = true;
    if (active_.size() > active_share(max_keys_)) {
      active_.back().seen_again = false;
      once_.splice(once_.begin(), active_, std::prev(active_.end()));
    }
    return *entry;
  }
  if (entries_.size() >= max_keys_) {
    evict();
  }
  Entry entry;
  entry.key = key;
  once_.push_front(std::move(entry));
  try {
    entries_.emplace(once_.front().key, once_.begin());
  } catch (...) {
    once_.pop_front();
    throw;
  }
  return once_.front();
}

void RateLimiter::evict() {
  EntryList& list = once_.empty() ? active_ : once_;
  entries_.erase(list.back().key);
  list.pop_back();
}

void RateLimiter::drop_idle(std::int64_t now_ms) {
  // Two per list and attempt: the table shrinks faster than it can grow, and no call is long.
  for (EntryList* list : {&once_, &active_}) {
    for (int i = 0; i < 2 && list->size() > 1; ++i) {
      const Entry& oldest = list->back();
      if (oldest.count > 0 && oldest.time(oldest.count - 1) + window_ms_ > now_ms) {
        break;
      }
      entries_.erase(oldest.key);
      list->pop_back();
    }
  }
}

void RateLimiter::Entry::forget_oldest(std::size_t how_many) {
  count -= how_many;
  if (count == 0) {
    head = 0;
    times = {};
  } else {
    head = (head + how_many) % times.size();
  }
}

void RateLimiter::Entry::grow(std::size_t capacity) {
  std::vector<std::int64_t> larger(capacity);
  for (std::size_t i = 0; i < count; ++i) {
    larger[i] = time(i);
  }
  times = std::move(larger);
  head = 0;
}

}  // namespace securechat
