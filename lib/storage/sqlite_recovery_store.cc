#include "storage/sqlite_statement.h"
#include "storage/sqlite_stores.h"

namespace securechat::storage {
namespace {

class SqliteRecoveryStore final : public RecoveryStore {
 public:
  explicit SqliteRecoveryStore(SqliteConnection& connection) : connection_(connection) {}

  Status save(const RecoverySession& session) override {
    return Statement(connection_,
                     "INSERT OR REPLACE INTO recovery_sessions"
                     " (pid, sid, user_id, login, nsp, rooms, position, ended_at_ms)"
                     " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                     session.pid, session.sid, session.user_id, session.login, session.nsp,
                     session.rooms, session.position, session.ended_at_ms)
        .run();
  }

  Result<std::vector<RecoverySession>> take_all(std::int64_t ended_since_ms) override {
    std::vector<RecoverySession> sessions;
    {
      Statement select(
          connection_,
          "SELECT pid, sid, user_id, login, nsp, rooms, position, ended_at_ms"
          " FROM recovery_sessions WHERE ended_at_ms >= ? AND NOT EXISTS"
          " (SELECT 1 FROM login_sessions WHERE login_sessions.sid = login AND revoked)"
          " ORDER BY ended_at_ms",
          ended_since_ms);
      while (select.step()) {
        sessions.push_back({select.text(0), select.text(1), select.text(2), select.text(3),
                            select.text(4), select.text(5), select.integer(6), select.integer(7)});
      }
      if (!select.status().ok()) {
        return select.status();
      }
    }
    Status status = Statement(connection_, "DELETE FROM recovery_sessions").run();
    if (!status.ok()) {
      return status;
    }
    return sessions;
  }

 private:
  SqliteConnection& connection_;
};

}  // namespace

std::unique_ptr<RecoveryStore> make_sqlite_recovery_store(SqliteConnection& connection) {
  return std::make_unique<SqliteRecoveryStore>(connection);
}

}  // namespace securechat::storage
