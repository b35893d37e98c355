#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/seeded_hash.h"
#include "base/status.h"
#include "base/thread_annotations.h"
#include "chat/history.h"
#include "storage/message_store.h"

namespace securechat::chat {

// The messages of a server that keeps none on disk. Shared by its shards; any thread.
class MemoryStore {
 public:
  // The newest `keep` messages of each room are paged when `pages`; without, only what makes sends
  // idempotent is remembered.
  MemoryStore(std::size_t keep, bool pages) : keep_(keep), pages_(pages) {}

  // Numbers and keeps the message. `stored` runs before anybody else's message of any room is
  // numbered, so that what it posts is in the order of the numbers.
  using Stored = std::function<void(History::Appended)>;
  void append(storage::Message message, const Stored& stored) SECURECHAT_EXCLUDES(mutex_);
  // Messages that are forgotten can no more be changed.
  void change(const Change& change, const Stored& stored) SECURECHAT_EXCLUDES(mutex_);
  [[nodiscard]] Result<storage::Message> find(const Change& of) const SECURECHAT_EXCLUDES(mutex_);
  [[nodiscard]] Result<std::vector<storage::PastBody>> past(const Change& of) const
      SECURECHAT_EXCLUDES(mutex_);
  // A mark goes forward only, and not beyond the newest message.
  storage::Marked mark(const History::Mark& mark) SECURECHAT_EXCLUDES(mutex_);
  [[nodiscard]] std::vector<storage::ReadMark> marks(std::string_view nsp, std::string_view room,
                                                     int limit) const SECURECHAT_EXCLUDES(mutex_);
  [[nodiscard]] storage::HistoryPage page(const storage::HistoryQuery& query) const
      SECURECHAT_EXCLUDES(mutex_);
  [[nodiscard]] storage::Missed missed(const storage::MissedQuery& query) const
      SECURECHAT_EXCLUDES(mutex_);
  [[nodiscard]] bool pages() const { return pages_; }
  // The room's newest seq; kNotFound when it does not exist and may not be created.
  Result<std::int64_t> open_room(std::string_view nsp, std::string_view room, bool create)
      SECURECHAT_EXCLUDES(mutex_);

 private:
  struct Kept : storage::Message {
    std::int64_t changed = 0;  // The place of the newest change.
    std::vector<storage::PastBody> past = {};
  };
  struct Log {
    std::deque<Kept> messages;
    std::int64_t last_seq = 0;
    std::unordered_map<std::string, std::int64_t, SeededHash> marks;  // By user.
  };
  History::Appended number(storage::Message message) SECURECHAT_REQUIRES(mutex_);
  // The message that `of` names, if its user may change it.
  [[nodiscard]] Result<Kept*> look_up(const Change& of) const SECURECHAT_REQUIRES(mutex_);
  void keep(Log& log, const storage::Message& message) SECURECHAT_REQUIRES(mutex_);
  History::Appended apply(const Change& change) SECURECHAT_REQUIRES(mutex_);

  const std::size_t keep_;
  const bool pages_;
  mutable Mutex mutex_;
  std::int64_t newest_commit_ SECURECHAT_GUARDED_BY(mutex_) = 0;
  std::unordered_map<std::string, Log, SeededHash> rooms_ SECURECHAT_GUARDED_BY(mutex_);
  // What can be changed, by its id; both are the kept message's.
  std::unordered_map<std::string_view, Kept*> by_id_ SECURECHAT_GUARDED_BY(mutex_);
};

}  // namespace securechat::chat
