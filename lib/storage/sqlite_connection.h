#pragma once

#include <sqlite3.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "base/status.h"
#include "storage/fault_log.h"

namespace securechat::storage {

// One connection to SQLite with the project's settings and its prepared statements. One thread at
// a time.
class SqliteConnection {
 public:
  enum class Mode { kReadWrite, kReadOnly };

  // Opens `path` (from prepare_database_file, or ":memory:") and hardens the connection; what is
  // in the file is not read yet. `faults` must outlive the connection.
  static Result<std::unique_ptr<SqliteConnection>> open(const std::string& path, Mode mode,
                                                        int busy_timeout_ms, FaultLog& faults);

  SqliteConnection(const SqliteConnection&) = delete;
  SqliteConnection& operator=(const SqliteConnection&) = delete;

  // Sets what depends on the file: the journal, durability, caches. Reads and may change the file.
  Status configure();

  // The prepared statement of `sql`, which must be a literal: made once, kept by its text. Null
  // when it cannot be made; fault() then says why.
  sqlite3_stmt* prepared(std::string_view sql);
  // Runs a statement without parameters and results, such as COMMIT.
  Status execute(std::string_view sql);

  // What the failed call that answered `rc` means to callers: a generic sentence without SQL,
  // paths or library text, which go to the log.
  Status fault(int rc);
  // The same for the host that opens the database: names the path, the reason and what to do.
  [[nodiscard]] Status open_fault(std::string_view doing) const;

  // Whether a statement failed for another reason than a constraint since the last call. A unit
  // of work that overlooked such a failure must not be committed.
  bool take_broken() { return std::exchange(broken_, false); }

  [[nodiscard]] bool in_transaction() const { return sqlite3_get_autocommit(db_.get()) == 0; }
  // Rows that the last INSERT, UPDATE or DELETE changed.
  [[nodiscard]] std::int64_t changes() const { return sqlite3_changes64(db_.get()); }
  // Rows changed since the connection was opened.
  [[nodiscard]] std::int64_t total_changes() const { return sqlite3_total_changes64(db_.get()); }
  [[nodiscard]] int last_error() const { return sqlite3_extended_errcode(db_.get()); }
  [[nodiscard]] sqlite3* handle() const { return db_.get(); }
  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] FaultLog& faults() const { return faults_; }

  // Moves the log into the database file when it has `due` pages. Called after the answers of a
  // commit went out, so that they do not wait for it. A log that readers of other programs kept
  // from starting over until it had `starved` pages is waited for, and when that is in vain not
  // again before it has grown by as many: a reader that never ends must not stop those who write.
  void checkpoint_if_due(int due, int starved);
  // Bytes in the write-ahead log after the last commit.
  [[nodiscard]] std::uint64_t log_bytes() const;

 private:
  struct CloseDatabase {
    void operator()(sqlite3* db) const { sqlite3_close_v2(db); }
  };
  struct FinalizeStatement {
    void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
  };

  SqliteConnection(std::string path, Mode mode, FaultLog& faults)
      : path_(std::move(path)), mode_(mode), faults_(faults) {}
  bool harden(int busy_timeout_ms);

  const std::string path_;
  const Mode mode_;
  FaultLog& faults_;
  bool broken_ = false;
  int log_pages_ = 0;        // In the write-ahead log after the last commit.
  int waited_at_pages_ = 0;  // When readers were last waited for in vain.
  std::unique_ptr<sqlite3, CloseDatabase> db_;
  std::unordered_map<std::string_view, std::unique_ptr<sqlite3_stmt, FinalizeStatement>>
      statements_;
};

}  // namespace securechat::storage
