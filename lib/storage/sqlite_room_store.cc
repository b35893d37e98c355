#include "storage/sqlite_statement.h"
#include "storage/sqlite_stores.h"

namespace securechat::storage {
namespace {

class SqliteRoomStore final : public RoomStore {
 public:
  explicit SqliteRoomStore(SqliteConnection& connection) : connection_(connection) {}

  Result<std::optional<Room>> find(std::string_view nsp, std::string_view name) override {
    Statement query(connection_,
                    "SELECT id, nsp, name, owner_id, is_private, last_seq, created_at_ms"
                    " FROM rooms WHERE nsp = ? AND name = ?",
                    nsp, name);
    if (!query.step()) {
      if (!query.status().ok()) {
        return query.status();
      }
      return std::optional<Room>();
    }
    Room room;
    room.id = query.integer(0);
    room.nsp = query.text(1);
    room.name = query.text(2);
    room.owner_id = query.text(3);
    room.is_private = query.boolean(4);
    room.last_seq = query.integer(5);
    room.created_at_ms = query.integer(6);
    return std::optional<Room>(std::move(room));
  }

  Result<Room> ensure(std::string_view nsp, std::string_view name, std::string_view owner_id,
                      std::int64_t now_ms) override {
    Status status = Statement(connection_,
                              "INSERT INTO rooms (nsp, name, owner_id, is_private, last_seq,"
                              " created_at_ms) VALUES (?, ?, ?, 0, 0, ?)"
                              " ON CONFLICT (nsp, name) DO NOTHING",
                              nsp, name, owner_id, now_ms)
                        .run();
    if (!status.ok()) {
      return status;
    }
    Result<std::optional<Room>> room = find(nsp, name);
    if (!room.ok()) {
      return room.status();
    }
    if (!room->has_value()) {
      return Status(Code::kInternal, "The room vanished while it was created.");
    }
    return **std::move(room);
  }

 private:
  SqliteConnection& connection_;
};

}  // namespace

std::unique_ptr<RoomStore> make_sqlite_room_store(SqliteConnection& connection) {
  return std::make_unique<SqliteRoomStore>(connection);
}

}  // namespace securechat::storage
