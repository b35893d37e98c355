#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/seeded_hash.h"

namespace securechat::auth {

// How long the attempt after so many failures in a row has to wait.
struct DelayRule {
  std::int64_t free = 5;  // Failures without a wait; 0: never a wait.
  std::int64_t longest_ms = 900'000;
  // After this many the wait is a day, so that a password is guessed a hundred times and then once
  // a day (NIST SP 800-63B section 5.2.2); 0: never.
  std::int64_t lock_at = 0;
  // Time that takes one failure back; 0: none is, they are forgotten together.
  std::int64_t decay_ms = 0;

  // 0, then one second, and twice as long with each failure more.
  [[nodiscard]] std::int64_t delay_ms(std::int64_t failures) const;
};

// Who failed how often in a row. Memory is bounded: a full table forgets those who need not wait
// before those who must, so that a flood of new names frees nobody from a wait. Not synchronised.
class FailureTable {
 public:
  struct Standing {
    std::int64_t failures = 0;
    std::int64_t until_ms = 0;  // The next attempt has to wait until then.
    std::int64_t since_ms = 0;  // From when on time takes failures back.
  };

  explicit FailureTable(std::size_t max_keys = 65'536);

  // One failure more.
  void count(std::string_view key, const DelayRule& rule, std::int64_t now_ms);
  void forget(std::string_view key);
  // `decay_ms` as the rule's that the failures were counted by.
  [[nodiscard]] Standing find(std::string_view key, std::int64_t now_ms,
                              std::int64_t decay_ms = 0) const;
  [[nodiscard]] std::size_t size() const { return entries_.size(); }

 private:
  struct Entry {
    std::string key;
    Standing standing;
    bool waits = false;  // Which list it is in.
  };
  using EntryList = std::list<Entry>;

  EntryList::iterator touch(std::string_view key);
  void place(EntryList::iterator entry, bool waits);
  void erase(EntryList::iterator entry);
  void drop_forgotten(std::int64_t now_ms);

  const std::size_t max_keys_;
  EntryList free_;     // Newest first, as both are.
  EntryList waiting_;  // Those who have failed too often.
  std::unordered_map<std::string_view, EntryList::iterator, SeededHash> entries_;
};

}  // namespace securechat::auth
