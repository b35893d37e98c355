#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace securechat::storage {

// A message as it is stored: the raw text, never the escaped one.
struct Message {
  std::string id;  // 32 lower-case hex digits.
  std::string nsp = "/";
  std::string room;
  std::int64_t seq = 0;  // 1, 2, 3, ... in its room, without gaps.
  std::string user_id;
  std::string username;
  std::string body;
  std::string client_id;  // Empty when the client gave none.
  std::int64_t created_at_ms = 0;
  // Its place in the order of all commits, changes among them: 1, 2, 3, ... over all rooms, perhaps
  // with gaps.
  std::int64_t commit_seq = 0;
  std::int64_t edited_at_ms = 0;  // 0: it stands as it was said.
  std::string edited_by;          // The user who edited it last.
  // Of a change that is told of: its own place in that order. 0: what is told of is the message.
  std::int64_t change_seq = 0;
  bool deleted = false;  // The change took it away.

  [[nodiscard]] std::int64_t place() const { return change_seq != 0 ? change_seq : commit_seq; }
};

// What was said in some rooms of a namespace behind a place in the order of commits, and what was
// changed since of what had been said before, as long as it is not too much.
struct MissedQuery {
  struct Room {
    std::string name;
    std::int64_t after = 0;  // Exclusive commit_seq.
  };
  std::string nsp = "/";
  std::vector<Room> rooms;
  std::size_t limit = 1'000;         // Messages.
  std::size_t byte_limit = 524'288;  // Of all texts together.
};

struct Missed {
  std::vector<Message> messages;  // In the order of their commits.
  bool more = false;              // They are over a limit: none is given, for a part is of no use.
  std::int64_t newest = 0;        // The newest commit_seq of the whole server.
};

struct HistoryQuery {
  std::string nsp = "/";
  std::string room;
  std::int64_t before = 0;  // Exclusive seq; 0 for none.
  std::int64_t after = -1;  // Exclusive seq; -1 for none. 0 reads from the room's beginning.
  int limit = 50;
};

struct HistoryPage {
  std::vector<Message> messages;  // Oldest first.
  bool more = false;              // Further messages lie beyond the page, in its direction.
};

class MessageStore {
 public:
  virtual ~MessageStore() = default;

  // Gives the message the next seq of its room (created when it does not exist) and stores it.
  // When `client_id` was used before by the same user in the same room, nothing is stored and
  // `message` becomes the first one; `duplicate` says so. A transaction that rolls back takes its
  // seq with it, so that there are no gaps.
  virtual Status append(Message& message, bool& duplicate) = 0;

  // Deleted messages are on no page. Without bounds or with `before`: the newest `limit` messages
  // below it. With `after`: the oldest `limit` above it.
  virtual Result<HistoryPage> page(const HistoryQuery& query) = 0;

  virtual Result<Missed> missed(const MissedQuery& query) = 0;
  // The newest commit_seq of the whole server; 0 before the first message.
  virtual Result<std::int64_t> newest_commit() = 0;
};

}  // namespace securechat::storage
