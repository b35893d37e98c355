#include "storage/mark_store.h"
#include "storage/sqlite_statement.h"
#include "storage/sqlite_stores.h"

namespace securechat::storage {
namespace {

class SqliteMarkStore final : public MarkStore {
 public:
  explicit SqliteMarkStore(SqliteConnection& connection) : connection_(connection) {}

  Result<Marked> advance(std::string_view nsp, std::string_view room, std::string_view user_id,
                         std::int64_t seq) override {
    Marked marked;
    Statement move(connection_,
                   "INSERT INTO read_marks (room_id, user_id, seq)"
                   " SELECT id, ?1, min(?2, last_seq) FROM rooms"
                   " WHERE nsp = ?3 AND name = ?4 AND last_seq > 0"
                   " ON CONFLICT (room_id, user_id) DO UPDATE SET seq = excluded.seq"
                   " WHERE excluded.seq > seq RETURNING seq",
                   user_id, seq, nsp, room);
    while (move.step()) {
      marked = {move.integer(0), true};
    }
    if (!move.status().ok()) {
      return move.status();
    }
    if (marked.advanced) {
      return marked;
    }
    Statement stands(connection_,
                     "SELECT seq FROM read_marks WHERE user_id = ?1 AND room_id ="
                     " (SELECT id FROM rooms WHERE nsp = ?2 AND name = ?3)",
                     user_id, nsp, room);
    if (stands.step()) {
      marked.seq = stands.integer(0);
    }
    if (!stands.status().ok()) {
      return stands.status();
    }
    return marked;
  }

  Result<std::vector<ReadMark>> list(std::string_view nsp, std::string_view room,
                                     int limit) override {
    Statement query(connection_,
                    "SELECT user_id, seq FROM read_marks WHERE room_id ="
                    " (SELECT id FROM rooms WHERE nsp = ? AND name = ?)"
                    " ORDER BY seq DESC, user_id LIMIT ?",
                    nsp, room, limit);
    std::vector<ReadMark> marks;
    while (query.step()) {
      marks.push_back({query.text(0), query.integer(1)});
    }
    if (!query.status().ok()) {
      return query.status();
    }
    return marks;
  }

 private:
  SqliteConnection& connection_;
};

}  // namespace

std::unique_ptr<MarkStore> make_sqlite_mark_store(SqliteConnection& connection) {
  return std::make_unique<SqliteMarkStore>(connection);
}

}  // namespace securechat::storage
