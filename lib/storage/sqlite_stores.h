#pragma once

#include <memory>

#include "storage/change_store.h"
#include "storage/database.h"
#include "storage/mark_store.h"
#include "storage/message_store.h"
#include "storage/recovery_store.h"
#include "storage/room_store.h"
#include "storage/session_store.h"
#include "storage/sqlite_connection.h"
#include "storage/user_store.h"

namespace securechat::storage {

// Each store is its statements on `connection`, which must outlive it.
std::unique_ptr<UserStore> make_sqlite_user_store(SqliteConnection& connection);
std::unique_ptr<SessionStore> make_sqlite_session_store(SqliteConnection& connection);
std::unique_ptr<RoomStore> make_sqlite_room_store(SqliteConnection& connection);
std::unique_ptr<MessageStore> make_sqlite_message_store(SqliteConnection& connection);
std::unique_ptr<RecoveryStore> make_sqlite_recovery_store(SqliteConnection& connection);
std::unique_ptr<ChangeStore> make_sqlite_change_store(SqliteConnection& connection);
std::unique_ptr<MarkStore> make_sqlite_mark_store(SqliteConnection& connection);

// All stores of one connection.
class SqliteStores {
 public:
  explicit SqliteStores(SqliteConnection& connection)
      : users_(make_sqlite_user_store(connection)),
        sessions_(make_sqlite_session_store(connection)),
        rooms_(make_sqlite_room_store(connection)),
        messages_(make_sqlite_message_store(connection)),
        recoveries_(make_sqlite_recovery_store(connection)),
        changes_(make_sqlite_change_store(connection)),
        marks_(make_sqlite_mark_store(connection)),
        stores_{*users_, *sessions_, *rooms_, *messages_, *recoveries_, *changes_, *marks_} {}

  Stores& get() { return stores_; }

 private:
  std::unique_ptr<UserStore> users_;
  std::unique_ptr<SessionStore> sessions_;
  std::unique_ptr<RoomStore> rooms_;
  std::unique_ptr<MessageStore> messages_;
  std::unique_ptr<RecoveryStore> recoveries_;
  std::unique_ptr<ChangeStore> changes_;
  std::unique_ptr<MarkStore> marks_;
  Stores stores_;
};

}  // namespace securechat::storage
