#include "storage/migrations.h"

#include <unistd.h>

#include <memory>
#include <string>

#include "storage/database_file.h"
#include "storage/sqlite_statement.h"

namespace securechat::storage {
namespace {

constexpr std::int64_t kApplicationId = 0x53436874;  // "SCht"

struct Header {
  std::int64_t application_id = 0;
  std::int64_t version = 0;
  std::int64_t objects = 0;  // Tables, indexes and the like.
};

Result<std::int64_t> read_number(SqliteConnection& connection, std::string_view sql) {
  Statement query(connection, sql);
  if (!query.step()) {
    return connection.open_fault("read");
  }
  return query.integer(0);
}

Result<Header> read_header(SqliteConnection& connection) {
  Result<std::int64_t> application_id = read_number(connection, "PRAGMA application_id");
  if (!application_id.ok()) {
    return application_id.status();
  }
  Result<std::int64_t> version = read_number(connection, "PRAGMA user_version");
  if (!version.ok()) {
    return version.status();
  }
  Result<std::int64_t> objects = read_number(connection, "SELECT count(*) FROM sqlite_schema");
  if (!objects.ok()) {
    return objects.status();
  }
  return Header{*application_id, *version, *objects};
}

// The version of a file that is ours to open; 0 for one that is new.
Result<std::int64_t> accepted_version(SqliteConnection& connection,
                                      std::span<const Migration> migrations) {
  Result<Header> header = read_header(connection);
  if (!header.ok()) {
    return header.status();
  }
  const bool fresh = header->application_id == 0 && header->version == 0 && header->objects == 0;
  if (!fresh && header->application_id != kApplicationId) {
    return Status(Code::kDatabase,
                  connection.path() + " is the database of another program. Change db.path.");
  }
  const auto newest = static_cast<std::int64_t>(migrations.size());
  if (header->version < 0 || header->version > newest) {
    return Status(Code::kDatabase,
                  connection.path() + " has schema version " + std::to_string(header->version) +
                      "; this program knows versions up to " + std::to_string(newest) +
                      ". Use the newer program that wrote it, or restore the backup made before.");
  }
  return header->version;
}

// A second connection copies what was committed last, because the backup interface refuses the
// connection that holds the write lock.
Status back_up(SqliteConnection& connection, const std::string& target_path) {
  Result<std::unique_ptr<SqliteConnection>> source = SqliteConnection::open(
      connection.path(), SqliteConnection::Mode::kReadOnly, 1000, connection.faults());
  if (!source.ok()) {
    return source.status();
  }
  if (Status status = create_private_file(target_path); !status.ok()) {
    return status;
  }
  Result<std::unique_ptr<SqliteConnection>> target = SqliteConnection::open(
      target_path, SqliteConnection::Mode::kReadWrite, 1000, connection.faults());
  if (!target.ok()) {
    return target.status();
  }
  sqlite3_backup* backup =
      sqlite3_backup_init((*target)->handle(), "main", (*source)->handle(), "main");
  if (backup == nullptr) {
    return (*target)->open_fault("back up to");
  }
  sqlite3_backup_step(backup, -1);
  if (sqlite3_backup_finish(backup) != SQLITE_OK) {
    return (*target)->open_fault("back up to");
  }
  return {};
}

Status apply(SqliteConnection& connection, std::span<const Migration> migrations,
             std::int64_t version) {
  std::string sql;
  for (const Migration& step : migrations.subspan(static_cast<std::size_t>(version))) {
    sql += step.sql;
  }
  // Numbers of ours; a PRAGMA takes no parameters.
  sql += "PRAGMA application_id=" + std::to_string(kApplicationId) + ";";
  sql += "PRAGMA user_version=" + std::to_string(migrations.size()) + ";";
  if (sqlite3_exec(connection.handle(), sql.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK) {
    return connection.open_fault("bring the schema up to date of");
  }
  return {};
}

// Runs in the transaction that migrate opened: another process cannot migrate at the same time.
Status migrate_locked(SqliteConnection& connection, std::span<const Migration> migrations,
                      const Clock& clock, Logger& log) {
  Result<std::int64_t> version = accepted_version(connection, migrations);
  if (!version.ok()) {
    return version.status();
  }
  if (*version == static_cast<std::int64_t>(migrations.size())) {
    return {};
  }
  if (*version == 0) {
    return apply(connection, migrations, 0);
  }

  const std::string copy = connection.path() + ".v" + std::to_string(*version) + "." +
                           std::to_string(clock.unix_ms()) + ".bak";
  Status status = back_up(connection, copy);
  if (status.ok()) {
    log.info("the database was backed up before its schema changes",
             {{"backup", copy}, {"version", *version}});
    status = apply(connection, migrations, *version);
  }
  // Nothing changed: the copy would only pile up at each start.
  if (!status.ok() && status.code() != Code::kExists) {
    ::unlink(copy.c_str());
  }
  return status;
}

}  // namespace

Status check_schema(SqliteConnection& connection, std::span<const Migration> migrations) {
  if (Result<std::int64_t> version = accepted_version(connection, migrations); !version.ok()) {
    return version.status();
  }
  Statement check(connection, "PRAGMA quick_check(1)");
  if (!check.step()) {
    return connection.open_fault("check");
  }
  if (const std::string verdict = check.text(0); verdict != "ok") {
    return Status(Code::kDatabase, connection.path() + " is damaged (quick_check: " + verdict +
                                       "). Restore it from a backup, or move it away.");
  }
  return {};
}

Status migrate(SqliteConnection& connection, std::span<const Migration> migrations,
               const Clock& clock, Logger& log) {
  if (!connection.execute("BEGIN IMMEDIATE").ok()) {
    return connection.open_fault("lock");
  }
  Status status = migrate_locked(connection, migrations, clock, log);
  if (status.ok() && !connection.execute("COMMIT").ok()) {
    status = connection.open_fault("bring the schema up to date of");
  }
  if (connection.in_transaction()) {
    (void)connection.execute("ROLLBACK");
  }
  return status;
}

}  // namespace securechat::storage
