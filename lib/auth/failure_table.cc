#include "auth/failure_table.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace securechat::auth {
namespace {

constexpr std::int64_t kFirstDelayMs = 1'000;
constexpr std::int64_t kDayMs = 86'400'000;
// How long failures are remembered behind the end of their wait.
constexpr std::int64_t kMemoryMs = kDayMs;

bool forgotten(const FailureTable::Standing& standing, std::int64_t now_ms) {
  return standing.until_ms + kMemoryMs <= now_ms;
}

// What time has left of the failures.
void decay(FailureTable::Standing& standing, std::int64_t now_ms, std::int64_t decay_ms) {
  if (decay_ms <= 0) return;
  const std::int64_t steps = std::max<std::int64_t>(now_ms - standing.since_ms, 0) / decay_ms;
  standing.failures = std::max<std::int64_t>(standing.failures - steps, 0);
  standing.since_ms += steps * decay_ms;
}

// Of a full table those who must wait hold at most four fifths, the rest is for newcomers: else
// nobody's second failure would find the first one.
std::size_t waiting_share(std::size_t max_keys) {
  return std::max<std::size_t>(max_keys * 4 / 5, 1);
}

}  // namespace

std::int64_t DelayRule::delay_ms(std::int64_t failures) const {
  if (free > 0 && lock_at > 0 && failures >= lock_at) {
    return kDayMs;
  }
  if (free == 0 || failures < free) {
    return 0;
  }
  const std::int64_t doublings = std::min<std::int64_t>(failures - free, 32);
  return std::min(kFirstDelayMs << doublings, longest_ms);
}

FailureTable::FailureTable(std::size_t max_keys) : max_keys_(std::max<std::size_t>(max_keys, 2)) {}

FailureTable::Standing FailureTable::find(std::string_view key, std::int64_t now_ms,
                                          std::int64_t decay_ms) const {
  const auto found = entries_.find(key);
  if (found == entries_.end() || forgotten(found->second->standing, now_ms)) return {};
  Standing standing = found->second->standing;
  decay(standing, now_ms, decay_ms);
  return standing;
}

void FailureTable::count(std::string_view key, const DelayRule& rule, std::int64_t now_ms) {
  const EntryList::iterator entry = touch(key);
  Standing& standing = entry->standing;
  if (forgotten(standing, now_ms)) {
    standing.failures = 0;
  }
  decay(standing, now_ms, rule.decay_ms);
  if (standing.failures == 0) standing.since_ms = now_ms;
  const std::int64_t delay_ms = rule.delay_ms(++standing.failures);
  standing.until_ms = now_ms + delay_ms;
  place(entry, delay_ms > 0);
  drop_forgotten(now_ms);
}

void FailureTable::forget(std::string_view key) {
  if (const auto found = entries_.find(key); found != entries_.end()) {
    erase(found->second);
  }
}

FailureTable::EntryList::iterator FailureTable::touch(std::string_view key) {
  if (const auto found = entries_.find(key); found != entries_.end()) {
    return found->second;
  }
  if (entries_.size() >= max_keys_) {
    erase(std::prev((free_.empty() ? waiting_ : free_).end()));
  }
  free_.push_front({std::string(key), {}, false});
  try {
    entries_.emplace(free_.front().key, free_.begin());
  } catch (...) {
    free_.pop_front();
    throw;
  }
  return free_.begin();
}

void FailureTable::place(EntryList::iterator entry, bool waits) {
  EntryList& to = waits ? waiting_ : free_;
  to.splice(to.begin(), entry->waits ? waiting_ : free_, entry);
  entry->waits = waits;
  if (waiting_.size() > waiting_share(max_keys_)) {
    erase(std::prev(waiting_.end()));
  }
}

void FailureTable::erase(EntryList::iterator entry) {
  entries_.erase(entry->key);
  (entry->waits ? waiting_ : free_).erase(entry);
}

void FailureTable::drop_forgotten(std::int64_t now_ms) {
  // Two per list and failure: the table shrinks faster than it can grow, and no call is long.
  for (EntryList* list : {&free_, &waiting_}) {
    for (int i = 0; i < 2 && !list->empty() && forgotten(list->back().standing, now_ms); ++i) {
      erase(std::prev(list->end()));
    }
  }
}

}  // namespace securechat::auth
