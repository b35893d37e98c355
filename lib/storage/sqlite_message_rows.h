#pragma once

#include <cstdint>

#include "storage/message_store.h"
#include "storage/sqlite_statement.h"

// What the statements on messages share.
namespace securechat::storage {

// The first columns of a SELECT: seq, id, user_id, username, body, client_id, created_at_ms,
// commit_seq, edited_at_ms, edited_by.
inline void read_message(const Statement& row, Message& message) {
  message.seq = row.integer(0);
  message.id = row.text(1);
  message.user_id = row.text(2);
  message.username = row.text(3);
  message.body = row.text(4);
  message.client_id = row.text(5);
  message.created_at_ms = row.integer(6);
  message.commit_seq = row.integer(7);
  message.edited_at_ms = row.integer(8);
  message.edited_by = row.text(9);
}
inline constexpr int kMessageColumns = 10;

// Takes the next place in the order of all commits.
inline Status next_commit(SqliteConnection& connection, std::int64_t& commit_seq) {
  Statement update(connection,
                   "UPDATE counters SET value = value + 1 WHERE name = 'commit_seq'"
                   " RETURNING value");
  while (update.step()) {
    commit_seq = update.integer(0);
  }
  return update.status();
}

}  // namespace securechat::storage
