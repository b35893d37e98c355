#include "storage/migrations.h"

namespace securechat::storage {
namespace {

// A version that was released is never edited: a change is a new entry at the end.
//
// Refresh tokens and login sessions are ordered by their rowid, which grows with each insertion.
// Messages are clustered by room and seq: a page of history is one walk along neighbouring rows.
// They carry the author's name and have no foreign key to users, so that history outlives accounts.
constexpr const char* kVersion1 = R"sql(
CREATE TABLE users (
  id            TEXT    NOT NULL PRIMARY KEY,
  username      TEXT    NOT NULL,
  username_key  TEXT    NOT NULL,
  email         TEXT    NOT NULL,
  email_key     TEXT    NOT NULL UNIQUE,
  password_hash TEXT    NOT NULL,
  role          TEXT    NOT NULL,
  enabled       INTEGER NOT NULL CHECK (enabled IN (0, 1)),
  created_at_ms INTEGER NOT NULL
) STRICT;
CREATE INDEX users_by_username ON users (username_key);

CREATE TABLE login_sessions (
  sid           TEXT    NOT NULL PRIMARY KEY,
  user_id       TEXT    NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  created_at_ms INTEGER NOT NULL,
  expires_at_ms INTEGER NOT NULL,
  last_used_ms  INTEGER NOT NULL,
  revoked       INTEGER NOT NULL CHECK (revoked IN (0, 1))
) STRICT;
CREATE INDEX login_sessions_by_user ON login_sessions (user_id);
CREATE INDEX login_sessions_by_end ON login_sessions (expires_at_ms);

CREATE TABLE refresh_tokens (
  handle_hash  BLOB    NOT NULL PRIMARY KEY CHECK (length(handle_hash) = 32),
  sid          TEXT    NOT NULL REFERENCES login_sessions (sid) ON DELETE CASCADE,
  parent_hash  BLOB,
  state        INTEGER NOT NULL CHECK (state IN (0, 1, 2)),
  issued_at_ms INTEGER NOT NULL
) STRICT;
CREATE INDEX refresh_tokens_by_session ON refresh_tokens (sid);
CREATE INDEX refresh_tokens_by_parent ON refresh_tokens (parent_hash)
  WHERE parent_hash IS NOT NULL;

CREATE TABLE rooms (
  id            INTEGER PRIMARY KEY,
  nsp           TEXT    NOT NULL,
  name          TEXT    NOT NULL,
  owner_id      TEXT    NOT NULL,
  is_private    INTEGER NOT NULL CHECK (is_private IN (0, 1)),
  last_seq      INTEGER NOT NULL,
  created_at_ms INTEGER NOT NULL,
  UNIQUE (nsp, name)
) STRICT;

CREATE TABLE messages (
  room_id       INTEGER NOT NULL REFERENCES rooms (id) ON DELETE CASCADE,
  seq           INTEGER NOT NULL,
  id            TEXT    NOT NULL UNIQUE,
  user_id       TEXT    NOT NULL,
  username      TEXT    NOT NULL,
  body          TEXT    NOT NULL,
  client_id     TEXT,
  created_at_ms INTEGER NOT NULL,
  PRIMARY KEY (room_id, seq)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX messages_by_client_id ON messages (room_id, user_id, client_id)
  WHERE client_id IS NOT NULL;
)sql";

// Every message has its place in the order of all commits, whatever its room, so that a client that
// names the last one it has can be given what it missed in all its rooms. Within a room the number
// grows with seq, which is why no index is needed. Messages from before have 0: nobody comes back
// from that far. Sessions that may be recovered are here only while no server runs.
constexpr const char* kVersion2 = R"sql(
ALTER TABLE messages ADD COLUMN commit_seq INTEGER NOT NULL DEFAULT 0;
CREATE TABLE counters (
  name  TEXT    NOT NULL PRIMARY KEY,
  value INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO counters (name, value) VALUES ('commit_seq', 0);

CREATE TABLE recovery_sessions (
  pid         TEXT    NOT NULL PRIMARY KEY,
  sid         TEXT    NOT NULL,
  user_id     TEXT    NOT NULL,
  login       TEXT    NOT NULL,
  nsp         TEXT    NOT NULL,
  rooms       TEXT    NOT NULL,
  position    INTEGER NOT NULL,
  ended_at_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
)sql";

// Revocations in their order, so that a server hears of those that another process made. Triggers
// see them all, also those of whoever works on the database by hand. Numbers are never used again:
// a server that asks for what came behind the newest must not be given less. A session that goes
// with its user is revoked, one that is forgotten after its end is not.
constexpr const char* kVersion3 = R"sql(
CREATE TABLE revocations (
  id    INTEGER PRIMARY KEY AUTOINCREMENT,
  sid   TEXT    NOT NULL,
  at_ms INTEGER NOT NULL
) STRICT;
CREATE TRIGGER login_session_revoked AFTER UPDATE OF revoked ON login_sessions
  WHEN NEW.revoked = 1 AND OLD.revoked = 0
BEGIN
  INSERT INTO revocations (sid, at_ms) VALUES (NEW.sid, unixepoch() * 1000);
END;
CREATE TRIGGER login_session_removed AFTER DELETE ON login_sessions
  WHEN OLD.revoked = 0 AND OLD.expires_at_ms > unixepoch() * 1000
BEGIN
  INSERT INTO revocations (sid, at_ms) VALUES (OLD.sid, unixepoch() * 1000);
END;
)sql";

// What is done to messages after they were said. A change has a place of its own in the order of
// commits, so that who was away is told of it. A deleted message keeps its row without its text:
// its id and its seq stay taken.
constexpr const char* kVersion4 = R"sql(
ALTER TABLE messages ADD COLUMN edited_at_ms INTEGER NOT NULL DEFAULT 0;
ALTER TABLE messages ADD COLUMN deleted_at_ms INTEGER NOT NULL DEFAULT 0;
ALTER TABLE messages ADD COLUMN change_seq INTEGER NOT NULL DEFAULT 0;
CREATE INDEX messages_by_change ON messages (room_id, change_seq) WHERE change_seq > 0;
CREATE TABLE past_bodies (
  message_id TEXT    NOT NULL,
  body       TEXT    NOT NULL,
  until_ms   INTEGER NOT NULL
) STRICT;
CREATE INDEX past_bodies_by_message ON past_bodies (message_id);
)sql";

// The name that a user has for himself, in a form that unites spellings, where names are to be
// unique (auth.unique_usernames); of users who came before, and shared one, only the first has it.
constexpr const char* kVersion5 = R"sql(
ALTER TABLE users ADD COLUMN claimed_name TEXT;
CREATE UNIQUE INDEX users_by_claimed_name ON users (claimed_name) WHERE claimed_name IS NOT NULL;
)sql";

constexpr const char* kVersion6 = R"sql(
CREATE TABLE read_marks (
  room_id INTEGER NOT NULL REFERENCES rooms (id) ON DELETE CASCADE,
  user_id TEXT    NOT NULL,
  seq     INTEGER NOT NULL,
  PRIMARY KEY (room_id, user_id)
) STRICT, WITHOUT ROWID;
)sql";

// What a host revoked of an external issuer's tokens, which have no login session here, by their
// jti or sid. Other processes hear of it as of a session.
constexpr const char* kVersion7 = R"sql(
CREATE TABLE revoked_names (
  name     TEXT    NOT NULL PRIMARY KEY,
  until_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX revoked_names_by_end ON revoked_names (until_ms);
CREATE TRIGGER name_revoked AFTER INSERT ON revoked_names
BEGIN
  INSERT INTO revocations (sid, at_ms) VALUES (NEW.name, unixepoch() * 1000);
END;
)sql";

// Who edited a message, because it need not be its author. Marks by how far they are, and none of a
// user who is gone.
constexpr const char* kVersion8 = R"sql(
ALTER TABLE messages ADD COLUMN edited_by TEXT NOT NULL DEFAULT '';
CREATE INDEX read_marks_by_seq ON read_marks (room_id, seq DESC, user_id);
CREATE TRIGGER user_removed AFTER DELETE ON users
BEGIN
  DELETE FROM read_marks WHERE user_id = OLD.id;
END;
)sql";

// Whether nobody has shown yet that the address of a disabled account is his
// (auth.enumeration_safe). Who was disabled before this was known is taken for disabled by the
// host. Strangers make users go, by registering a pending address again: the marks of one user are
// found without reading those of all.
constexpr const char* kVersion9 = R"sql(
ALTER TABLE users ADD COLUMN pending INTEGER NOT NULL DEFAULT 0 CHECK (pending IN (0, 1));
CREATE INDEX read_marks_by_user ON read_marks (user_id);
)sql";

constexpr Migration kMigrations[] = {{kVersion1}, {kVersion2}, {kVersion3},
                                     {kVersion4}, {kVersion5}, {kVersion6},
                                     {kVersion7}, {kVersion8}, {kVersion9}};

}  // namespace

std::span<const Migration> schema_migrations() {
  return kMigrations;
}

}  // namespace securechat::storage
