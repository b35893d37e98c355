#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <new>
#include <utility>
#include <vector>

namespace securechat {

// A hash table without nodes, for what there is one of for every connection: entries stand side by
// side in one array (linear probing) and bear their keys themselves. A pointer takes 11 to 21 bytes
// where std::unordered_map takes 40 to 80. Several entries may have one key, if
// they are few: those of one key lie in one run, which what comes there has to pass.
//
// `Entry{}` is no entry and converts to false; every other converts to true. `Keys` has
//   static Key key(const Entry&);                 cheap, the same as long as the entry is in
//   static std::uint64_t hash(const Key&);
// Keys that peers choose need a seeded hash. Adding and taking move other entries about: neither
// may be done from inside a walk, and no pointer to an entry outlives the next call.
template <typename Entry, typename Keys>
class FlatTable {
 public:
  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] bool empty() const { return size_ == 0; }

  void add(Entry entry) {
    if ((size_ + 1) * 4 > slots_.size() * 3) resize(slots_.empty() ? kSmallest : slots_.size() * 2);
    place(std::move(entry));
    ++size_;
  }

  // The first entry of that key for which `wanted` is true; null when there is none.
  template <typename Key, typename Wanted>
  [[nodiscard]] const Entry* find(const Key& key, Wanted wanted) const {
    if (slots_.empty()) return nullptr;
    for (std::size_t at = home(key); static_cast<bool>(slots_[at]); at = after(at)) {
      if (Keys::key(slots_[at]) == key && wanted(slots_[at])) return &slots_[at];
    }
    return nullptr;
  }
  template <typename Key>
  [[nodiscard]] const Entry* find(const Key& key) const {
    return find(key, [](const Entry&) { return true; });
  }
  // The same to change what is not its key.
  template <typename Key, typename Wanted>
  [[nodiscard]] Entry* find(const Key& key, Wanted wanted) {
    return const_cast<Entry*>(std::as_const(*this).find(key, wanted));
  }
  template <typename Key>
  [[nodiscard]] Entry* find(const Key& key) {
    return const_cast<Entry*>(std::as_const(*this).find(key));
  }

  // Takes that entry out; `Entry{}` when there is none.
  template <typename Key, typename Wanted>
  Entry take(const Key& key, Wanted wanted) {
    Entry* found = find(key, wanted);
    if (found == nullptr) return Entry{};
    Entry taken = std::exchange(*found, Entry{});
    --size_;
    close_gap(static_cast<std::size_t>(found - slots_.data()));
    if (slots_.size() > kSmallest && size_ * 8 < slots_.size()) shrink();
    return taken;
  }
  template <typename Key>
  Entry take(const Key& key) {
    return take(key, [](const Entry&) { return true; });
  }

  template <typename Visit>
  void for_each(Visit visit) const {
    for (const Entry& slot : slots_) {
      if (static_cast<bool>(slot)) visit(slot);
    }
  }
  template <typename Key, typename Visit>
  void for_each_of(const Key& key, Visit visit) const {
    (void)find(key, [&](const Entry& entry) {
      visit(entry);
      return false;
    });
  }

 private:
  static constexpr std::size_t kSmallest = 8;

  // The multiplication spreads hashes that are mere numbers (Fibonacci hashing).
  template <typename Key>
  [[nodiscard]] std::size_t home(const Key& key) const {
    const std::uint64_t spread = std::uint64_t{Keys::hash(key)} * 0x9E3779B97F4A7C15ULL;
    return static_cast<std::size_t>(spread >> (64 - std::countr_zero(slots_.size())));
  }
  [[nodiscard]] std::size_t after(std::size_t at) const { return (at + 1) & (slots_.size() - 1); }
  [[nodiscard]] std::size_t distance(std::size_t from, std::size_t to) const {
    return (to - from) & (slots_.size() - 1);
  }

  void place(Entry entry) {
    std::size_t at = home(Keys::key(entry));
    while (static_cast<bool>(slots_[at])) at = after(at);
    slots_[at] = std::move(entry);
  }

  // What stands behind a gap and could not be found across it moves up, so that no mark of what was
  // taken is left.
  void close_gap(std::size_t gap) {
    for (std::size_t at = after(gap); static_cast<bool>(slots_[at]); at = after(at)) {
      if (distance(home(Keys::key(slots_[at])), at) < distance(gap, at)) continue;
      slots_[gap] = std::exchange(slots_[at], Entry{});
      gap = at;
    }
  }

  void resize(std::size_t count) {
    std::vector<Entry> before(count);
    before.swap(slots_);
    for (Entry& entry : before) {
      if (static_cast<bool>(entry)) place(std::move(entry));
    }
  }

  // A crowd that has left gives its room back; without memory to move, the table stays as it is.
  void shrink() {
    try {
      resize(slots_.size() / 2);
    } catch (const std::bad_alloc&) {
    }
  }

  std::vector<Entry> slots_;  // A power of two of them, at most three quarters taken.
  std::size_t size_ = 0;
};

}  // namespace securechat
