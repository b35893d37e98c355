#include <algorithm>
#include <limits>
#include <utility>

#include "storage/sqlite_message_rows.h"
#include "storage/sqlite_statement.h"
#include "storage/sqlite_stores.h"

namespace securechat::storage {
namespace {

constexpr std::int64_t kNoBound = std::numeric_limits<std::int64_t>::max();

// Gathers what was missed, within the limits of the query.
class Collector {
 public:
  Collector(const MissedQuery& query, Missed& missed) : query_(query), missed_(missed) {}

  // False when it is too much by this one.
  bool take(Message message, const std::string& room) {
    bytes_ += message.body.size();
    if (missed_.messages.size() == query_.limit || bytes_ > query_.byte_limit) {
      missed_.more = true;
      return false;
    }
    message.nsp = query_.nsp;
    message.room = room;
    missed_.messages.push_back(std::move(message));
    return true;
  }

 private:
  const MissedQuery& query_;
  Missed& missed_;
  std::size_t bytes_ = 0;
};

class SqliteMessageStore final : public MessageStore {
 public:
  explicit SqliteMessageStore(SqliteConnection& connection) : connection_(connection) {}

  Status append(Message& message, bool& duplicate) override {
    duplicate = false;
    if (!message.client_id.empty()) {
      if (Status status = find_first(message, duplicate); !status.ok() || duplicate) {
        return status;
      }
    }
    std::int64_t room_id = 0;
    std::int64_t seq = 0;
    std::int64_t commit_seq = 0;
    if (Status status = next_commit(connection_, commit_seq); !status.ok()) {
      return status;
    }
    if (Status status = next_seq(message, room_id, seq); !status.ok()) {
      return status;
    }
    Status status =
        Statement(connection_,
                  "INSERT INTO messages (room_id, seq, id, user_id, username, body,"
                  " client_id, created_at_ms, commit_seq) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                  room_id, seq, message.id, message.user_id, message.username, message.body,
                  OrNull<std::string_view>{message.client_id}, message.created_at_ms, commit_seq)
            .run();
    if (!status.ok()) {
      // The unit may go on after this failure and be committed: the seq is given back, so that
      // the room has no gap. When that fails too, the unit cannot be committed.
      (void)Statement(connection_, "UPDATE rooms SET last_seq = last_seq - 1 WHERE id = ?", room_id)
          .run();
      return status;
    }
    message.seq = seq;
    message.commit_seq = commit_seq;
    return {};
  }

  Result<HistoryPage> page(const HistoryQuery& query) override {
    if (query.limit < 1) {
      return Status(Code::kInvalid, "The limit of a page must be at least 1.");
    }
    Result<std::int64_t> room_id = find_room(query.nsp, query.room);
    if (!room_id.ok()) {
      return room_id.status();
    }
    HistoryPage page;
    const bool forward = query.after >= 0;
    const std::int64_t below = query.before > 0 ? query.before : kNoBound;
    // One more than asked for tells whether there are more.
    const std::int64_t rows = std::int64_t{query.limit} + 1;
    Statement select(
        connection_,
        forward ? "SELECT seq, id, user_id, username, body, client_id, created_at_ms, commit_seq,"
                  " edited_at_ms, edited_by FROM messages WHERE room_id = ? AND seq > ? AND seq < ?"
                  " AND deleted_at_ms = 0"
                  " ORDER BY seq LIMIT ?"
                : "SELECT seq, id, user_id, username, body, client_id, created_at_ms, commit_seq,"
                  " edited_at_ms, edited_by FROM messages WHERE room_id = ? AND seq > ? AND seq < ?"
                  " AND deleted_at_ms = 0"
                  " ORDER BY seq DESC LIMIT ?",
        *room_id, std::max<std::int64_t>(query.after, 0), below, rows);
    while (select.step()) {
      if (page.messages.size() == static_cast<std::size_t>(query.limit)) {
        page.more = true;
        break;
      }
      Message& message = page.messages.emplace_back();
      message.nsp = query.nsp;
      message.room = query.room;
      read_message(select, message);
    }
    if (!select.status().ok()) {
      return select.status();
    }
    if (!forward) {
      std::reverse(page.messages.begin(), page.messages.end());
    }
    return page;
  }

  Result<Missed> missed(const MissedQuery& query) override {
    Missed missed;
    Collector collector(query, missed);
    for (const MissedQuery::Room& room : query.rooms) {
      const Result<std::int64_t> room_id = find_room(query.nsp, room.name);
      if (!room_id.ok()) {
        return room_id.status();
      }
      Status status = add_said(*room_id, room, collector);
      if (status.ok()) {
        status = add_changed(*room_id, room, collector);
      }
      if (!status.ok()) {
        return status;
      }
      if (missed.more) {
        missed.messages.clear();
        break;
      }
    }
    std::ranges::sort(missed.messages, {}, &Message::place);
    Result<std::int64_t> newest = newest_commit();
    if (!newest.ok()) {
      return newest.status();
    }
    missed.newest = *newest;
    return missed;
  }

  Result<std::int64_t> newest_commit() override {
    Statement select(connection_, "SELECT value FROM counters WHERE name = 'commit_seq'");
    if (select.step()) {
      return select.integer(0);
    }
    return select.status().ok() ? Status(Code::kDatabase, "The commit counter is missing.")
                                : select.status();
  }

 private:
  // Walks back from the newest message of the room to the first that is known; commit_seq grows
  // with seq, so that only what is missing is read, and one more.
  Status add_said(std::int64_t room_id, const MissedQuery::Room& room, Collector& missed) {
    Statement select(connection_,
                     "SELECT seq, id, user_id, username, body, client_id, created_at_ms,"
                     " commit_seq, edited_at_ms, edited_by, deleted_at_ms"
                     " FROM messages WHERE room_id = ? ORDER BY seq DESC",
                     room_id);
    while (select.step()) {
      Message message;
      read_message(select, message);
      if (message.commit_seq <= room.after) return {};
      const bool deleted = select.boolean(kMessageColumns);
      if (!deleted && !missed.take(std::move(message), room.name)) return {};
    }
    return select.status();
  }

  // What was known and has changed since, as it is now.
  Status add_changed(std::int64_t room_id, const MissedQuery::Room& room, Collector& missed) {
    Statement select(
        connection_,
        "SELECT seq, id, user_id, username, body, client_id, created_at_ms,"
        " commit_seq, edited_at_ms, edited_by, deleted_at_ms, change_seq FROM messages"
        " WHERE room_id = ?1 AND change_seq > ?2 AND change_seq > 0 AND commit_seq <= ?2",
        room_id, room.after);
    while (select.step()) {
      Message message;
      read_message(select, message);
      message.deleted = select.boolean(kMessageColumns);
      message.change_seq = select.integer(kMessageColumns + 1);
      if (!missed.take(std::move(message), room.name)) return {};
    }
    return select.status();
  }

  // 0, which no room has, when there is none.
  Result<std::int64_t> find_room(std::string_view nsp, std::string_view name) {
    Statement select(connection_, "SELECT id FROM rooms WHERE nsp = ? AND name = ?", nsp, name);
    if (select.step()) {
      return select.integer(0);
    }
    if (!select.status().ok()) {
      return select.status();
    }
    return std::int64_t{0};
  }

  // Makes `message` the one that the same user sent first with this client id, if there is one.
  Status find_first(Message& message, bool& duplicate) {
    Statement select(
        connection_,
        "SELECT seq, id, user_id, username, body, client_id, created_at_ms, commit_seq,"
        " edited_at_ms, edited_by FROM messages WHERE client_id = ?1 AND user_id = ?2 AND room_id ="
        " (SELECT id FROM rooms WHERE nsp = ?3 AND name = ?4)",
        message.client_id, message.user_id, message.nsp, message.room);
    duplicate = select.step();
    if (duplicate) {
      // Read aside: the statement borrows from `message`.
      Message first;
      first.nsp = message.nsp;
      first.room = message.room;
      read_message(select, first);
      message = std::move(first);
    }
    return select.status();
  }

  Status next_seq(const Message& message, std::int64_t& room_id, std::int64_t& seq) {
    Statement upsert(connection_,
                     "INSERT INTO rooms (nsp, name, owner_id, is_private, last_seq, created_at_ms)"
                     " VALUES (?, ?, '', 0, 1, ?)"
                     " ON CONFLICT (nsp, name) DO UPDATE SET last_seq = last_seq + 1"
                     " RETURNING id, last_seq",
                     message.nsp, message.room, message.created_at_ms);
    while (upsert.step()) {
      room_id = upsert.integer(0);
      seq = upsert.integer(1);
    }
    return upsert.status();
  }

  SqliteConnection& connection_;
};

}  // namespace

std::unique_ptr<MessageStore> make_sqlite_message_store(SqliteConnection& connection) {
  return std::make_unique<SqliteMessageStore>(connection);
}

}  // namespace securechat::storage
