#pragma once

#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include "base/flat_table.h"
#include "base/seeded_hash.h"

namespace securechat {

// Objects by a name that several may bear, as the sessions of one user do. The table holds one of
// each name, which leads to the others: a name that very many bear is one entry, and in nobody's
// way. The hash is seeded.
//
// `Name` has
//   static std::string_view of(const T&);    the same as long as the object is in
//   static T*& next(T&);                     for the index alone; null when not in
template <typename T, typename Name>
class NameIndex {
 public:
  void add(T& object) {
    T* const* first = table_.find(Name::of(object));
    if (first == nullptr) {
      table_.add(&object);
    } else {
      Name::next(object) = std::exchange(Name::next(**first), &object);
    }
  }

  // Nothing happens when it is not in.
  void remove(T& object) {
    T** first = table_.find(Name::of(object));
    if (first == nullptr) return;
    if (*first != &object) {
      T* before = *first;
      while (before != nullptr && Name::next(*before) != &object) before = Name::next(*before);
      if (before != nullptr) Name::next(*before) = std::exchange(Name::next(object), nullptr);
    } else if (T* next = std::exchange(Name::next(object), nullptr); next != nullptr) {
      *first = next;  // It bears the same name.
    } else {
      table_.take(Name::of(object));
    }
  }

  [[nodiscard]] std::vector<T*> all(std::string_view name) const {
    std::vector<T*> all;
    T* const* first = table_.find(name);
    for (T* at = first == nullptr ? nullptr : *first; at != nullptr; at = Name::next(*at)) {
      all.push_back(at);
    }
    return all;
  }

 private:
  struct Keys {
    static std::string_view key(const T* object) { return Name::of(*object); }
    static std::uint64_t hash(std::string_view name) { return SeededHash()(name); }
  };
  FlatTable<T*, Keys> table_;
};

}  // namespace securechat
