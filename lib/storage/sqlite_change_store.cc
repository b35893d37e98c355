#include <algorithm>
#include <utility>

#include "storage/change_store.h"
#include "storage/sqlite_message_rows.h"
#include "storage/sqlite_stores.h"

namespace securechat::storage {
namespace {

constexpr const char* kNoMessage = "There is no such message.";

// A message with what decides on who may change it.
struct Found {
  Message message;
  std::int64_t room_id = 0;
  std::string owner_id;
};

class SqliteChangeStore final : public ChangeStore {
 public:
  explicit SqliteChangeStore(SqliteConnection& connection) : connection_(connection) {}

  Result<Message> find(std::string_view nsp, std::string_view id, const Editor& editor) override {
    Result<Found> found = allowed(nsp, id, editor);
    if (!found.ok()) {
      return found.status();
    }
    return std::move(found->message);
  }

  Result<Message> edit(std::string_view nsp, std::string_view id, std::string_view body,
                       const Editor& editor, std::int64_t now_ms) override {
    Result<Found> found = begin(nsp, id, editor);
    if (!found.ok()) {
      return found.status();
    }
    Message& message = found->message;
    Status status = Statement(connection_,
                              "INSERT INTO past_bodies (message_id, body, until_ms)"
                              " VALUES (?, ?, ?)",
                              id, std::string_view(message.body), now_ms)
                        .run();
    if (status.ok()) {
      status = Statement(connection_,
                         "DELETE FROM past_bodies WHERE message_id = ?1 AND rowid <= (SELECT rowid"
                         " FROM past_bodies WHERE message_id = ?1 ORDER BY rowid DESC"
                         " LIMIT 1 OFFSET ?2)",
                         id, static_cast<std::int64_t>(kPastBodies))
                   .run();
    }
    if (status.ok()) {
      status =
          Statement(connection_,
                    "UPDATE messages SET body = ?, edited_at_ms = ?, edited_by = ?,"
                    " change_seq = ? WHERE room_id = ? AND seq = ?",
                    body, now_ms, editor.user_id, message.change_seq, found->room_id, message.seq)
              .run_for_row(kNoMessage);
    }
    if (!status.ok()) {
      return status;
    }
    message.body = body;
    message.edited_at_ms = now_ms;
    message.edited_by = editor.user_id;
    return std::move(message);
  }

  Result<Message> remove(std::string_view nsp, std::string_view id, const Editor& editor,
                         std::int64_t now_ms) override {
    Result<Found> found = begin(nsp, id, editor);
    if (!found.ok()) {
      return found.status();
    }
    Message& message = found->message;
    Status status =
        Statement(connection_, "DELETE FROM past_bodies WHERE message_id = ?", id).run();
    if (status.ok()) {
      status = Statement(connection_,
                         "UPDATE messages SET body = '', deleted_at_ms = ?, change_seq = ?"
                         " WHERE room_id = ? AND seq = ?",
                         now_ms, message.change_seq, found->room_id, message.seq)
                   .run_for_row(kNoMessage);
    }
    if (!status.ok()) {
      return status;
    }
    message.body.clear();
    message.deleted = true;
    return std::move(message);
  }

  Result<std::vector<PastBody>> past(std::string_view nsp, std::string_view id,
                                     const Editor& editor) override {
    if (Result<Found> found = allowed(nsp, id, editor); !found.ok()) {
      return found.status();
    }
    Statement query(connection_,
                    "SELECT body, until_ms FROM past_bodies WHERE message_id = ?"
                    " ORDER BY rowid DESC LIMIT ?",
                    id, static_cast<std::int64_t>(kPastBodies));
    std::vector<PastBody> bodies;
    std::size_t bytes = 0;
    while (query.step()) {
      PastBody body{query.text(0), query.integer(1)};
      bytes += body.body.size();
      if (bytes > kPastBytes && !bodies.empty()) {
        break;
      }
      bodies.push_back(std::move(body));
    }
    if (!query.status().ok()) {
      return query.status();
    }
    std::reverse(bodies.begin(), bodies.end());
    return bodies;
  }

 private:
  Result<Found> look_up(std::string_view nsp, std::string_view id) {
    Statement query(connection_,
                    "SELECT seq, messages.id, user_id, username, body, client_id,"
                    " messages.created_at_ms, commit_seq, edited_at_ms, edited_by, room_id, name,"
                    " owner_id"
                    " FROM messages JOIN rooms ON rooms.id = room_id"
                    " WHERE messages.id = ? AND nsp = ? AND deleted_at_ms = 0",
                    id, nsp);
    if (!query.step()) {
      return query.status().ok() ? Status(Code::kNotFound, kNoMessage) : query.status();
    }
    Found found;
    read_message(query, found.message);
    found.message.nsp = nsp;
    found.room_id = query.integer(kMessageColumns);
    found.message.room = query.text(kMessageColumns + 1);
    found.owner_id = query.text(kMessageColumns + 2);
    return found;
  }

  Status check(const Found& found, const Editor& editor) {
    const bool owner =
        found.owner_id == editor.user_id && found.message.room != editor.unowned_room;
    if (editor.user_id.empty()) {
      return {Code::kDenied, "Nobody changes messages."};
    }
    if (found.message.user_id == editor.user_id || owner) {
      return {};
    }
    const Result<bool> moderates = moderates_now(editor);
    if (!moderates.ok()) {
      return moderates.status();
    }
    return *moderates ? Status() : Status(Code::kDenied, "The message is somebody else's.");
  }

  Result<bool> moderates_now(const Editor& editor) {
    Statement query(connection_, "SELECT role FROM users WHERE id = ?", editor.user_id);
    if (query.step()) {
      return role_moderates(query.text(0));
    }
    if (!query.status().ok()) {
      return query.status();
    }
    return editor.moderator;
  }

  // The message, if the editor may change it.
  Result<Found> allowed(std::string_view nsp, std::string_view id, const Editor& editor) {
    Result<Found> found = look_up(nsp, id);
    if (!found.ok()) {
      return found;
    }
    Status status = check(*found, editor);
    return status.ok() ? std::move(found) : Result<Found>(std::move(status));
  }

  // The same, with the place that the change gets.
  Result<Found> begin(std::string_view nsp, std::string_view id, const Editor& editor) {
    Result<Found> found = allowed(nsp, id, editor);
    if (!found.ok()) {
      return found;
    }
    Status status = next_commit(connection_, found->message.change_seq);
    return status.ok() ? std::move(found) : Result<Found>(std::move(status));
  }

  SqliteConnection& connection_;
};

}  // namespace

std::unique_ptr<ChangeStore> make_sqlite_change_store(SqliteConnection& connection) {
  return std::make_unique<SqliteChangeStore>(connection);
}

}  // namespace securechat::storage
