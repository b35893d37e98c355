#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/status.h"
#include "base/thread_annotations.h"
#include "storage/recovery_store.h"

namespace securechat::chat {

// A session whose connection broke, as its client may take it up again
// (https://socket.io/docs/v4/connection-state-recovery).
struct LostSession {
  struct Room {
    std::string name;
    std::int64_t since = 0;  // The newest commit_seq when it was joined.
    bool announced = false;  // The others were told of it.
  };
  std::string pid;
  std::string sid;
  std::string user_id;
  std::string login;  // The sid of its login session: once that was revoked, nobody takes it up.
  std::string nsp;
  std::vector<Room> rooms;
  std::int64_t position = 0;  // The newest commit_seq when it began.
  std::int64_t ended_at_ms = 0;
};

// The lost sessions of all shards, for as long as they may be taken up. Bounded: the oldest are
// forgotten first. Any thread.
class RecoveryTable {
 public:
  static constexpr std::size_t kMaxSessions = 65'536;

  explicit RecoveryTable(std::int64_t window_ms, std::size_t max_sessions = kMaxSessions)
      : max_sessions_(max_sessions), window_ms_(window_ms) {}

  void keep(LostSession session) SECURECHAT_EXCLUDES(mutex_);
  // Takes the session out, when it is there, that user's and in that namespace. One whose time is
  // over at `now_ms` is forgotten instead; one of somebody else stays.
  std::optional<LostSession> take(std::string_view pid, std::string_view user_id,
                                  std::string_view nsp, std::int64_t now_ms)
      SECURECHAT_EXCLUDES(mutex_);
  // Takes everything out, oldest first.
  std::vector<LostSession> take_all() SECURECHAT_EXCLUDES(mutex_);
  [[nodiscard]] std::size_t size() const SECURECHAT_EXCLUDES(mutex_);

 private:
  using Order = std::list<LostSession>;
  void forget_oldest() SECURECHAT_REQUIRES(mutex_);

  const std::size_t max_sessions_;
  const std::int64_t window_ms_;
  mutable Mutex mutex_;
  Order order_ SECURECHAT_GUARDED_BY(mutex_);  // Oldest first.
  std::unordered_map<std::string_view, Order::iterator> by_pid_ SECURECHAT_GUARDED_BY(mutex_);
};

// To storage and back; nothing when the stored rooms are not what to_storage() makes.
[[nodiscard]] storage::RecoverySession to_storage(const LostSession& session);
[[nodiscard]] std::optional<LostSession> from_storage(const storage::RecoverySession& stored);

}  // namespace securechat::chat
