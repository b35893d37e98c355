#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "auth/people.h"
#include "base/flat_table.h"
#include "base/name_index.h"
#include "base/thread_annotations.h"
#include "chat/types.h"

namespace securechat::chat {

class Session;

// The live session ids of all shards, readable from any thread, so that a host's call on a session
// that has gone is told so at once; and whose sessions they are.
class LiveSessions {
 public:
  void add(SessionId id) SECURECHAT_EXCLUDES(mutex_);
  void remove(SessionId id) SECURECHAT_EXCLUDES(mutex_);
  [[nodiscard]] bool contains(SessionId id) const SECURECHAT_EXCLUDES(mutex_);
  [[nodiscard]] std::size_t size() const SECURECHAT_EXCLUDES(mutex_);
  [[nodiscard]] auth::People& people() { return people_; }

 private:
  struct Ids {
    static SessionId key(SessionId id) { return id; }
    static std::uint64_t hash(SessionId id) { return id; }
  };

  mutable Mutex mutex_;
  FlatTable<SessionId, Ids> ids_ SECURECHAT_GUARDED_BY(mutex_);
  auth::People people_;
};

// Every session of one shard, found by its id, its user and its login session.
class SessionTable {
 public:
  // Shards are at most 64.
  explicit SessionTable(LiveSessions& live, std::size_t shard = 0) : live_(live), shard_(shard) {}

  // Ids count upwards and are never reused; the low bits name the shard.
  [[nodiscard]] SessionId next_id() { return ++count_ << kShardBits | shard_; }
  [[nodiscard]] static std::size_t shard_of(SessionId id) { return id & kShardMask; }
  [[nodiscard]] const LiveSessions& live() const { return live_; }
  [[nodiscard]] auth::People& people() const { return live_.people(); }
  void add(Session& session);
  void remove(Session& session);
  // A session whose principal changes is found by neither user nor login in between: the tables
  // read both names in it.
  void forget_names(Session& session);
  void add_names(Session& session);

  // A revocation may overtake the answer of a join that read the login session before it: the
  // newest ones are remembered, and whoever is let in is looked up here last.
  void remember_revoked(const std::string& sid);
  [[nodiscard]] bool recently_revoked(const std::string& sid) const {
    return !sid.empty() && revoked_.contains(sid);
  }

  [[nodiscard]] Session* find(SessionId id) const;
  [[nodiscard]] std::vector<Session*> of_user(std::string_view user_id) const;
  [[nodiscard]] std::vector<Session*> of_login(std::string_view sid) const;
  // Over all shards.
  [[nodiscard]] std::size_t count_of_user(std::string_view user_id) const {
    return people().sessions_of(user_id);
  }
  [[nodiscard]] std::vector<Session*> all() const;
  [[nodiscard]] std::size_t size() const { return by_id_.size(); }

 private:
  struct ById {
    static SessionId key(const Session* session);
    static std::uint64_t hash(SessionId id) { return id; }
  };
  struct User {
    static std::string_view of(const Session& session);
    static Session*& next(Session& session);
  };
  struct Login {
    static std::string_view of(const Session& session);
    static Session*& next(Session& session);
  };

  static constexpr unsigned kShardBits = 6;
  static constexpr SessionId kShardMask = (SessionId{1} << kShardBits) - 1;

  LiveSessions& live_;
  const std::size_t shard_;
  SessionId count_ = 0;
  FlatTable<Session*, ById> by_id_;
  NameIndex<Session, User> by_user_;
  NameIndex<Session, Login> by_login_;  // Those that have a login session.
  std::unordered_set<std::string> revoked_;
  std::deque<std::string> revoked_order_;
};

}  // namespace securechat::chat
