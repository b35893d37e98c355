#include "storage/sqlite_connection.h"

#include <cstring>
#include <string>
#include <utility>

#include "storage/database_file.h"
#include "storage/sqlite_statement.h"

namespace securechat::storage {
namespace {

constexpr std::uint64_t kPageBytes = 4'096;

struct Limit {
  int id;
  int value;
};

// Nothing of the library comes near these; SQL that was smuggled in might (SQLite's advice for
// untrusted input). The backup interface does not attach, so that ATTACHED can be 0.
constexpr Limit kLimits[] = {
    {SQLITE_LIMIT_LENGTH, 16 * 1024 * 1024},
    {SQLITE_LIMIT_SQL_LENGTH, 64 * 1024},
    {SQLITE_LIMIT_COLUMN, 64},
    {SQLITE_LIMIT_EXPR_DEPTH, 64},
    {SQLITE_LIMIT_COMPOUND_SELECT, 16},
    {SQLITE_LIMIT_FUNCTION_ARG, 16},
    {SQLITE_LIMIT_ATTACHED, 0},
    {SQLITE_LIMIT_VARIABLE_NUMBER, 32},
    {SQLITE_LIMIT_TRIGGER_DEPTH, 8},
    {SQLITE_LIMIT_LIKE_PATTERN_LENGTH, 1024},
    {SQLITE_LIMIT_WORKER_THREADS, 0},
};

struct Switch {
  int id;
  int value;
};

constexpr Switch kSwitches[] = {
    {SQLITE_DBCONFIG_DEFENSIVE, 1},       {SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0},
    {SQLITE_DBCONFIG_ENABLE_FKEY, 1},     {SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0},
    {SQLITE_DBCONFIG_DQS_DML, 0},         {SQLITE_DBCONFIG_DQS_DDL, 0},
    {SQLITE_DBCONFIG_WRITABLE_SCHEMA, 0},
};

constexpr const char* kWriterPragmas =
    "PRAGMA synchronous=FULL; PRAGMA temp_store=MEMORY; PRAGMA cache_size=-8192;"
    "PRAGMA secure_delete=ON;"  // What was deleted is not left in free pages, whatever the build's
                                // default.
    "PRAGMA journal_size_limit=33554432;";
constexpr const char* kReaderPragmas =
    "PRAGMA query_only=1; PRAGMA temp_store=MEMORY; PRAGMA cache_size=-4096;";

}  // namespace

Result<std::unique_ptr<SqliteConnection>> SqliteConnection::open(const std::string& path, Mode mode,
                                                                 int busy_timeout_ms,
                                                                 FaultLog& faults) {
  std::unique_ptr<SqliteConnection> connection(new SqliteConnection(path, mode, faults));
  const int flags = (mode == Mode::kReadOnly ? SQLITE_OPEN_READONLY
                                             : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE) |
                    SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE | SQLITE_OPEN_NOFOLLOW;
  sqlite3* db = nullptr;
  const int rc = sqlite3_open_v2(path.c_str(), &db, flags, nullptr);
  connection->db_.reset(db);
  if (db == nullptr) {
    return Status(Code::kNoMemory, "No memory to open " + path + ".");
  }
  sqlite3_extended_result_codes(db, 1);
  if (rc != SQLITE_OK || !connection->harden(busy_timeout_ms)) {
    return connection->open_fault("open");
  }
  return connection;
}

bool SqliteConnection::harden(int busy_timeout_ms) {
  sqlite3_busy_timeout(db_.get(), busy_timeout_ms);
  for (const Limit& limit : kLimits) {
    sqlite3_limit(db_.get(), limit.id, limit.value);
  }
  for (const Switch& flag : kSwitches) {
    if (sqlite3_db_config(db_.get(), flag.id, flag.value, nullptr) != SQLITE_OK) {
      return false;
    }
  }
  return true;
}

Status SqliteConnection::configure() {
  const bool writer = mode_ == Mode::kReadWrite;
  if (sqlite3_exec(db_.get(), writer ? kWriterPragmas : kReaderPragmas, nullptr, nullptr,
                   nullptr) != SQLITE_OK) {
    return open_fault("configure");
  }
  if (!writer || path_ == kInMemoryPath) {
    return {};
  }

  Statement journal(*this, "PRAGMA journal_mode=WAL");
  if (!journal.step()) {
    return open_fault("switch to a write-ahead log in");
  }
  if (journal.text(0) != "wal") {
    return Status(Code::kDatabase, path_ +
                                       " cannot have a write-ahead log, as on a network file "
                                       "system. Put db.path on a local disk.");
  }
  sqlite3_wal_hook(
      db_.get(),
      [](void* pages, sqlite3*, const char*, int count) {
        *static_cast<int*>(pages) = count;
        return SQLITE_OK;
      },
      &log_pages_);
  return {};
}

sqlite3_stmt* SqliteConnection::prepared(std::string_view sql) {
  const auto found = statements_.find(sql);
  if (found != statements_.end()) {
    return found->second.get();
  }
  sqlite3_stmt* statement = nullptr;
  const int rc = sqlite3_prepare_v3(db_.get(), sql.data(), static_cast<int>(sql.size()),
                                    SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
  if (rc != SQLITE_OK) {
    return nullptr;
  }
  std::unique_ptr<sqlite3_stmt, FinalizeStatement> owner(statement);
  statements_.emplace(sql, std::move(owner));
  return statement;
}

Status SqliteConnection::execute(std::string_view sql) {
  return Statement(*this, sql).run();
}

Status SqliteConnection::fault(int rc) {
  switch (rc & 0xff) {
    case SQLITE_CONSTRAINT:
      if (rc == SQLITE_CONSTRAINT_UNIQUE || rc == SQLITE_CONSTRAINT_PRIMARYKEY ||
          rc == SQLITE_CONSTRAINT_ROWID) {
        return Status(Code::kExists, "This exists already.");
      }
      if (rc == SQLITE_CONSTRAINT_FOREIGNKEY) {
        return Status(Code::kNotFound, "What this belongs to does not exist.");
      }
      return Status(Code::kInvalid, "The database does not accept this value.");
    case SQLITE_TOOBIG:
      return Status(Code::kInvalid, "This is too large to be stored.");
    default:
      break;
  }
  broken_ = true;
  faults_.report("the database failed", std::string(sqlite3_errstr(rc)) + " (" +
                                            std::to_string(rc) + "): " + sqlite3_errmsg(db_.get()));
  switch (rc & 0xff) {
    case SQLITE_NOMEM:
      return Status(Code::kNoMemory, "No memory for the database.");
    case SQLITE_READONLY:
      if (mode_ == Mode::kReadOnly) {
        return Status(Code::kState, "A read may not change anything. Use write for this.");
      }
      return Status(Code::kDatabase, "The database is read-only. The log says why.");
    case SQLITE_BUSY:
      return Status(Code::kDatabase,
                    "The database is locked by another program. Try again when it is done.");
    case SQLITE_FULL:
      return Status(Code::kDatabase, "The disk of the database is full. Make room and try again.");
    default:
      return Status(Code::kDatabase, "The database failed. The log says why.");
  }
}

Status SqliteConnection::open_fault(std::string_view doing) const {
  const int rc = last_error();
  const std::string detail = sqlite3_errmsg(db_.get());
  switch (rc & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return Status(Code::kDatabase, path_ +
                                         " is locked by another program. Stop that program, or "
                                         "wait until it is done, and try again.");
    case SQLITE_NOTADB:
    case SQLITE_CORRUPT:
      return Status(Code::kDatabase, path_ + " is damaged or no database (" + detail +
                                         "). Restore it from a backup, or move it away.");
    default: {
      std::string text = "Cannot " + std::string(doing) + " " + path_ + ": " + detail;
      if (const int error = sqlite3_system_errno(db_.get()); error != 0) {
        text += " (" + std::string(std::strerror(error)) + ")";
      }
      return Status(Code::kDatabase, text + ". Check the directory, its permissions and the disk.");
    }
  }
}

void SqliteConnection::checkpoint_if_due(int due, int starved) {
  // After readers were waited for in vain: the log has started over, and gives back what it grew
  // to.
  const bool shrinks = waited_at_pages_ > 0 && log_pages_ < due;
  if (log_pages_ < due && !shrinks) {
    return;
  }
  const bool waits = shrinks || log_pages_ >= waited_at_pages_ + starved;
  const int rc = sqlite3_wal_checkpoint_v2(
      db_.get(), nullptr, waits ? SQLITE_CHECKPOINT_TRUNCATE : SQLITE_CHECKPOINT_PASSIVE, nullptr,
      nullptr);
  if (waits) {
    waited_at_pages_ = rc == SQLITE_BUSY ? log_pages_ : 0;
  }
  if (waits && rc == SQLITE_BUSY) {
    faults_.report("another program reads the database for so long that its write-ahead log grows",
                   std::to_string(log_bytes() / 1024) + " KiB");
  } else if (rc != SQLITE_OK && rc != SQLITE_BUSY) {
    faults_.report("the write-ahead log could not be moved into the database",
                   sqlite3_errmsg(db_.get()));
  }
}

std::uint64_t SqliteConnection::log_bytes() const {
  return static_cast<std::uint64_t>(log_pages_) * kPageBytes;
}

}  // namespace securechat::storage
