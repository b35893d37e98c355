#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <utility>

#include "auth/principal.h"
#include "base/flat_table.h"
#include "base/packed_texts.h"
#include "base/seeded_hash.h"
#include "base/thread_annotations.h"

namespace securechat::auth {

class People;

// Somebody, as their tokens name them. Never changes: when a name or a role does, it is another.
class Person {
 public:
  Person(People& people, const Principal& principal)
      : people_(people),
        texts_({principal.user_id, principal.username, principal.email, principal.role}) {}

  // All of them borrowed.
  [[nodiscard]] std::string_view user_id() const { return texts_.at(0); }
  [[nodiscard]] std::string_view username() const { return texts_.at(1); }
  [[nodiscard]] std::string_view email() const { return texts_.at(2); }
  [[nodiscard]] std::string_view role() const { return texts_.at(3); }
  [[nodiscard]] bool is(const Principal& principal) const {
    return user_id() == principal.user_id && username() == principal.username &&
           email() == principal.email && role() == principal.role;
  }

 private:
  friend class People;
  People& people_;
  const PackedTexts texts_;
  std::uint32_t known_ = 0;  // Under the mutex of the people, as the next.
  std::uint32_t sessions_ = 0;
};

// Those who are there, over all shards, each kept once however many sessions, rooms and tables know
// of them. Any thread; outlives whoever knows somebody.
class People {
 public:
  // As long as one of these is there, its person is.
  class Known {
   public:
    Known() = default;  // Nobody.
    Known(Known&& other) noexcept : person_(std::exchange(other.person_, nullptr)) {}
    Known& operator=(Known&& other) noexcept {
      std::swap(person_, other.person_);
      return *this;
    }
    ~Known();

    explicit operator bool() const { return person_ != nullptr; }
    const Person& operator*() const { return *person_; }
    const Person* operator->() const { return person_; }
    [[nodiscard]] Known again() const;

   private:
    friend class People;
    explicit Known(Person* person) : person_(person) {}
    Person* person_ = nullptr;
  };

  People() = default;
  People(const People&) = delete;
  People& operator=(const People&) = delete;

  [[nodiscard]] Known know(const Principal& principal) SECURECHAT_EXCLUDES(mutex_);

  // Sessions are counted by user, whatever their tokens say beside the id.
  void begin_session(const Known& known) SECURECHAT_EXCLUDES(mutex_);
  void end_session(const Known& known) SECURECHAT_EXCLUDES(mutex_);
  [[nodiscard]] std::size_t sessions_of(std::string_view user_id) const SECURECHAT_EXCLUDES(mutex_);
  [[nodiscard]] std::size_t size() const SECURECHAT_EXCLUDES(mutex_);

 private:
  struct ById {
    static std::string_view key(const std::unique_ptr<Person>& person) { return person->user_id(); }
    static std::uint64_t hash(std::string_view id) { return SeededHash()(id); }
  };
  void keep(Person& person) SECURECHAT_EXCLUDES(mutex_);
  void release(Person& person) SECURECHAT_EXCLUDES(mutex_);

  mutable Mutex mutex_;
  FlatTable<std::unique_ptr<Person>, ById> people_ SECURECHAT_GUARDED_BY(mutex_);
};

}  // namespace securechat::auth
