#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "base/clock.h"
#include "base/log.h"
#include "base/metrics.h"
#include "base/status.h"
#include "base/task.h"

namespace securechat::storage {

class UserStore;
class SessionStore;
class MessageStore;
class RoomStore;
class RecoveryStore;
class ChangeStore;
class MarkStore;

// The stores of one connection, bound to the transaction that is running. They are valid during a
// unit of work only, on the storage thread that runs it.
struct Stores {
  UserStore& users;
  SessionStore& sessions;
  RoomStore& rooms;
  MessageStore& messages;
  RecoveryStore& recoveries;
  ChangeStore& changes;
  MarkStore& marks;
};

struct DatabaseOptions {
  std::string path = "securechat.db";  // ":memory:" keeps everything in this process.
  std::size_t queue_limit = 65'536;    // Units of work that may wait.
  std::size_t batch_limit = 512;       // Units of work in one transaction.
  int busy_timeout_ms = 5'000;         // How long to wait for another program's lock.
  // The write-ahead log is moved into the database at about 8 MiB. When readers of other programs
  // kept it from starting over for so long that it reached 128 MiB, the writer waits for them
  // (at most busy_timeout_ms), and again at each further 128 MiB.
  int checkpoint_pages = 2'000;
  int starved_pages = 32'000;
};

// Of SQLite, such as "3.40.1".
[[nodiscard]] std::string sqlite_version();

// SQLite in WAL mode behind its own threads. One thread owns the only write connection and commits
// in groups: all units of work that wait share one transaction (each in its own savepoint, so that
// one that fails undoes itself alone) and one fsync, and each is answered after the commit.
// Another thread owns a read-only connection, so that paging through history never waits for a
// commit; for ":memory:" the writer serves reads too.
//
// A unit of work is business logic composed of store calls: what one step must change together is
// written in one unit.
class Database {
 public:
  using Work = UniqueFunction<Status(Stores&)>;
  // Called exactly once on a storage thread. The status is the work's own, or why the transaction
  // could not be committed (kDatabase); a failed commit leaves nothing of the work behind.
  using Done = UniqueFunction<void(Status)>;

  // Opens or creates the file (0600; refuses a symbolic link and a file that others can read),
  // checks it (quick_check), migrates an older schema in one transaction and refuses a newer one.
  static Result<std::unique_ptr<Database>> open(const DatabaseOptions& options, const Clock& clock,
                                                Logger& log);
  virtual ~Database() = default;

  // Any thread, never blocks. kAgain when the queue is full or the database is closed; `done` is
  // then not called and both callables are destroyed.
  virtual Status write(Work work, Done done) = 0;
  virtual Status read(Work work, Done done) = 0;

  // What a shard's turn writes is committed together: write_later() queues without waking the
  // writer, which would take the first unit alone. Whoever uses it calls wake_writer() in the same
  // turn; a writer that is awake does not wait for that.
  virtual Status write_later(Work work, Done done) {
    return write(std::move(work), std::move(done));
  }
  virtual void wake_writer() {}
  // Inside the Done of a write only: runs the task on the storage thread once all of the group have
  // been answered, so that what they cause is handed on together too.
  virtual void after_group(Task task) { task(); }

  // Any thread but the storage threads and shards: waits for the answer.
  Status write_and_wait(Work work);
  Status read_and_wait(Work work);

  // Commits what is queued, answers everything, joins, checkpoints the log. Idempotent.
  virtual void close() = 0;

  struct Stats {
    std::uint64_t commits = 0;
    std::uint64_t units = 0;
    std::uint64_t queued = 0;        // Units that wait, to write or to read.
    std::uint64_t refused = 0;       // Those for which there was no room.
    std::uint64_t log_bytes = 0;     // In the write-ahead log after the last commit.
    HistogramValues batch_units;     // Of each transaction that was to write.
    HistogramValues commit_seconds;  // From its beginning to the end of its commit.
  };
  [[nodiscard]] virtual Stats stats() const = 0;
};

}  // namespace securechat::storage
