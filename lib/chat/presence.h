#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "auth/people.h"
#include "base/flat_table.h"
#include "base/seeded_hash.h"
#include "base/thread_annotations.h"

namespace securechat::chat {

// Who is in which room, over all shards of the server and counted by user, however many sessions
// each has. Any thread: it is asked when somebody joins, leaves or looks, never for a message.
class Presence {
 public:
  struct Person {
    std::string user_id;
    std::string username;
  };

  // A session has joined or left a room. Leaving answers whether the others had been told of the
  // user, and nobody of that user is left there: now they are told again.
  void enter(std::string_view nsp, std::string_view room, const auth::People::Known& person)
      SECURECHAT_EXCLUDES(mutex_);
  [[nodiscard]] bool leave(std::string_view nsp, std::string_view room, std::string_view user_id)
      SECURECHAT_EXCLUDES(mutex_);
  // Whether the others have not been told of this user yet, and from now on have. A session that is
  // there without having asked (in the default room) is told of only when it asks.
  [[nodiscard]] bool announce(std::string_view nsp, std::string_view room, std::string_view user_id)
      SECURECHAT_EXCLUDES(mutex_);
  // Everyone there, in the order of their ids.
  [[nodiscard]] std::vector<Person> people(std::string_view nsp, std::string_view room) const
      SECURECHAT_EXCLUDES(mutex_);
  // Rooms that somebody is in.
  [[nodiscard]] std::size_t rooms() const SECURECHAT_EXCLUDES(mutex_);

 private:
  struct Member {
    auth::People::Known person;  // As the session that came last names them.
    std::uint32_t sessions = 0;
    bool announced = false;
    explicit operator bool() const { return static_cast<bool>(person); }
  };
  struct ByUser {
    static std::string_view key(const Member& member) { return member.person->user_id(); }
    static std::uint64_t hash(std::string_view id) { return SeededHash()(id); }
  };
  using Members = FlatTable<Member, ByUser>;
  // A namespace holds no line break, so that the key is one text.
  static std::string key_of(std::string_view nsp, std::string_view room);
  [[nodiscard]] std::vector<Person> unordered(std::string_view nsp, std::string_view room) const
      SECURECHAT_EXCLUDES(mutex_);
  Member* find(std::string_view nsp, std::string_view room, std::string_view user_id)
      SECURECHAT_REQUIRES(mutex_);

  mutable Mutex mutex_;
  std::unordered_map<std::string, Members, SeededHash> rooms_ SECURECHAT_GUARDED_BY(mutex_);
};

}  // namespace securechat::chat
