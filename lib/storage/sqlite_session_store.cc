#include "storage/sqlite_statement.h"
#include "storage/sqlite_stores.h"

namespace securechat::storage {
namespace {

constexpr const char* kNoSession = "There is no such session.";
constexpr const char* kNoToken = "There is no such refresh token.";

LoginSession read_session(const Statement& row) {
  LoginSession session;
  session.sid = row.text(0);
  session.user_id = row.text(1);
  session.created_at_ms = row.integer(2);
  session.expires_at_ms = row.integer(3);
  session.last_used_ms = row.integer(4);
  session.revoked = row.boolean(5);
  return session;
}

Standing read_standing(const Statement& row) {
  Standing standing;
  standing.user_id = row.text(0);
  standing.username = row.text(1);
  standing.email = row.text(2);
  standing.role = row.text(3);
  standing.expires_at_ms = row.integer(4);
  standing.revoked = row.boolean(5);
  standing.enabled = row.boolean(6);
  return standing;
}

RefreshToken read_token(const Statement& row) {
  RefreshToken token;
  token.handle_hash = row.text(0);
  token.sid = row.text(1);
  token.parent_hash = row.text(2);
  token.state = static_cast<RefreshState>(row.integer(3));  // The schema admits 0, 1, 2.
  token.issued_at_ms = row.integer(4);
  return token;
}

Result<std::optional<RefreshToken>> read_one_token(Statement& query) {
  if (query.step()) {
    return std::optional<RefreshToken>(read_token(query));
  }
  if (!query.status().ok()) {
    return query.status();
  }
  return std::optional<RefreshToken>();
}

class SqliteSessionStore final : public SessionStore {
 public:
  explicit SqliteSessionStore(SqliteConnection& connection) : connection_(connection) {}

  Status insert(const LoginSession& session) override {
    return Statement(connection_,
                     "INSERT INTO login_sessions (sid, user_id, created_at_ms, expires_at_ms,"
                     " last_used_ms, revoked) VALUES (?, ?, ?, ?, ?, ?)",
                     session.sid, session.user_id, session.created_at_ms, session.expires_at_ms,
                     session.last_used_ms, session.revoked)
        .run();
  }

  Result<std::optional<LoginSession>> find(std::string_view sid) override {
    Statement query(connection_,
                    "SELECT sid, user_id, created_at_ms, expires_at_ms, last_used_ms, revoked"
                    " FROM login_sessions WHERE sid = ?",
                    sid);
    if (query.step()) {
      return std::optional<LoginSession>(read_session(query));
    }
    if (!query.status().ok()) {
      return query.status();
    }
    return std::optional<LoginSession>();
  }

  // One statement, because every handshake asks this.
  Result<std::optional<Standing>> standing(std::string_view sid) override {
    Statement query(connection_,
                    "SELECT user_id, username, email, role, expires_at_ms, revoked, enabled"
                    " FROM login_sessions JOIN users ON users.id = user_id WHERE sid = ?",
                    sid);
    if (query.step()) {
      return std::optional<Standing>(read_standing(query));
    }
    if (!query.status().ok()) {
      return query.status();
    }
    return std::optional<Standing>();
  }

  Result<std::vector<LoginSession>> list(std::string_view user_id, std::int64_t now_ms) override {
    Statement query(connection_,
                    "SELECT sid, user_id, created_at_ms, expires_at_ms, last_used_ms, revoked"
                    " FROM login_sessions WHERE user_id = ? AND revoked = 0 AND expires_at_ms > ?"
                    " ORDER BY created_at_ms, rowid",
                    user_id, now_ms);
    std::vector<LoginSession> sessions;
    while (query.step()) {
      sessions.push_back(read_session(query));
    }
    if (!query.status().ok()) {
      return query.status();
    }
    return sessions;
  }

  Status touch(std::string_view sid, std::int64_t now_ms) override {
    return Statement(connection_, "UPDATE login_sessions SET last_used_ms = ? WHERE sid = ?",
                     now_ms, sid)
        .run_for_row(kNoSession);
  }

  Status revoke(std::string_view sid) override {
    return Statement(connection_, "UPDATE login_sessions SET revoked = 1 WHERE sid = ?", sid)
        .run_for_row(kNoSession);
  }

  Result<std::vector<std::string>> revoke_all(std::string_view user_id,
                                              std::string_view except_sid) override {
    Statement update(connection_,
                     "UPDATE login_sessions SET revoked = 1"
                     " WHERE user_id = ? AND sid <> ? AND revoked = 0 RETURNING sid",
                     user_id, except_sid);
    std::vector<std::string> sids;
    while (update.step()) {
      sids.push_back(update.text(0));
    }
    if (!update.status().ok()) {
      return update.status();
    }
    return sids;
  }

  Result<Revocations> revocations_after(std::int64_t position) override {
    Revocations revocations;
    revocations.newest = position;
    Statement query(connection_, "SELECT id, sid FROM revocations WHERE id > ? ORDER BY id",
                    position);
    while (query.step()) {
      revocations.newest = query.integer(0);
      revocations.sids.push_back(query.text(1));
    }
    if (!query.status().ok()) {
      return query.status();
    }
    return revocations;
  }

  Result<std::int64_t> newest_revocation() override {
    Statement query(connection_, "SELECT coalesce(max(id), 0) FROM revocations");
    if (query.step()) {
      return query.integer(0);
    }
    return query.status();
  }

  Status insert_token(const RefreshToken& token) override {
    return Statement(connection_,
                     "INSERT INTO refresh_tokens (handle_hash, sid, parent_hash, state,"
                     " issued_at_ms) VALUES (?, ?, ?, ?, ?)",
                     Blob{token.handle_hash}, token.sid, OrNull<Blob>{{token.parent_hash}},
                     static_cast<int>(token.state), token.issued_at_ms)
        .run();
  }

  Result<std::optional<RefreshToken>> find_token(std::string_view handle_hash) override {
    Statement query(connection_,
                    "SELECT handle_hash, sid, parent_hash, state, issued_at_ms"
                    " FROM refresh_tokens WHERE handle_hash = ?",
                    Blob{handle_hash});
    return read_one_token(query);
  }

  Status set_token_state(std::string_view handle_hash, RefreshState state) override {
    return Statement(connection_, "UPDATE refresh_tokens SET state = ? WHERE handle_hash = ?",
                     static_cast<int>(state), Blob{handle_hash})
        .run_for_row(kNoToken);
  }

  Result<std::optional<RefreshToken>> newest_child(std::string_view parent_hash) override {
    Statement query(connection_,
                    "SELECT handle_hash, sid, parent_hash, state, issued_at_ms"
                    " FROM refresh_tokens WHERE parent_hash = ? ORDER BY rowid DESC LIMIT 1",
                    Blob{parent_hash});
    return read_one_token(query);
  }

  Result<std::int64_t> prune(std::int64_t before_ms, int most) override {
    // Revoked sessions are kept until their end too: a stolen token is still recognised.
    Status status = Statement(connection_,
                              "DELETE FROM login_sessions WHERE rowid IN (SELECT rowid"
                              " FROM login_sessions WHERE expires_at_ms < ? LIMIT ?)",
                              before_ms, most)
                        .run();
    if (!status.ok()) {
      return status;
    }
    const std::int64_t sessions = connection_.changes();
    status = Statement(connection_,
                       "DELETE FROM revocations WHERE at_ms < ? AND id IN"
                       " (SELECT id FROM revocations ORDER BY id LIMIT ?)",
                       before_ms, most)
                 .run();
    if (!status.ok()) {
      return status;
    }
    return sessions;
  }

  Status revoke_name(std::string_view name, std::int64_t until_ms) override {
    return Statement(connection_,
                     "INSERT INTO revoked_names (name, until_ms) VALUES (?, ?) ON CONFLICT (name)"
                     " DO UPDATE SET until_ms = max(until_ms, excluded.until_ms)",
                     name, until_ms)
        .run();
  }

  Result<bool> name_revoked(std::string_view name) override {
    Statement query(connection_, "SELECT 1 FROM revoked_names WHERE name = ?", name);
    const bool found = query.step();
    if (!query.status().ok()) {
      return query.status();
    }
    return found;
  }

  Status prune_names(std::int64_t before_ms, int most) override {
    return Statement(connection_,
                     "DELETE FROM revoked_names WHERE name IN (SELECT name FROM revoked_names"
                     " WHERE until_ms < ? LIMIT ?)",
                     before_ms, most)
        .run();
  }

 private:
  SqliteConnection& connection_;
};

}  // namespace

std::unique_ptr<SessionStore> make_sqlite_session_store(SqliteConnection& connection) {
  return std::make_unique<SqliteSessionStore>(connection);
}

}  // namespace securechat::storage
