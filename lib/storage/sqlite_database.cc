#include <cxxabi.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <exception>
#include <memory>
#include <new>
#include <optional>
#include <string>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "base/blocked_signals.h"
#include "base/thread_annotations.h"
#include "storage/database.h"
#include "storage/database_file.h"
#include "storage/group_commit.h"
#include "storage/migrations.h"
#include "storage/sqlite_connection.h"
#include "storage/sqlite_stores.h"
#include "storage/unit_queue.h"

namespace securechat::storage {
namespace {

// Reads that wait share a transaction, whose locks cost as much as finding a row. Not more of them,
// because the log cannot start over while one runs.
constexpr std::size_t kReadsTogether = 16;

constexpr std::array kBatchBounds{1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0, 512.0};
constexpr std::array kCommitBounds{0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025,
                                   0.05,   0.1,   0.25,   0.5,   1.0,  2.5};

// A connection with what belongs to it, used by one thread.
struct Side {
  Side(const Clock& clock, Logger& log, std::size_t queue_limit)
      : faults(clock, log), queue(queue_limit) {}

  Status open(const std::string& path, SqliteConnection::Mode mode, int busy_timeout_ms) {
    Result<std::unique_ptr<SqliteConnection>> opened =
        SqliteConnection::open(path, mode, busy_timeout_ms, faults);
    if (!opened.ok()) {
      return opened.status();
    }
    connection = *std::move(opened);
    stores.emplace(*connection);
    return {};
  }

  FaultLog faults;
  UnitQueue queue;
  std::unique_ptr<SqliteConnection> connection;
  std::optional<SqliteStores> stores;
  std::thread thread;
};

class SqliteDatabase final : public Database {
 public:
  SqliteDatabase(const DatabaseOptions& options, const Clock& clock, Logger& log)
      : options_(options),
        in_memory_(options.path == kInMemoryPath),
        batch_limit_(std::max<std::size_t>(options.batch_limit, 1)),
        clock_(clock),
        log_(log),
        writer_(clock, log, options.queue_limit),
        reader_(clock, log, options.queue_limit) {}
  ~SqliteDatabase() override { stop(); }

  Status start();
  Status write(Work work, Done done) override;
  Status write_later(Work work, Done done) override;
  void wake_writer() override { writer_.queue.wake(); }
  void after_group(Task task) override { after_group_.push_back(std::move(task)); }
  Status read(Work work, Done done) override;
  void close() override { stop(); }
  [[nodiscard]] Stats stats() const override;

 private:
  void stop() SECURECHAT_EXCLUDES(stop_mutex_);
  void run_writer(std::vector<Unit>& units);
  void commit(std::vector<Unit>& units);
  void run_reader(std::vector<Unit>& units);
  // Runs one of these on its thread.
  void serve(Side& side, void (SqliteDatabase::*run)(std::vector<Unit>& units));
  void give_up(Side& side, std::vector<Unit>& units);
  void answer(FaultLog& faults, Unit& unit);
  Status counted(Status queued);

  const DatabaseOptions options_;
  const bool in_memory_;
  const std::size_t batch_limit_;
  const Clock& clock_;
  Logger& log_;
  Side writer_;
  Side reader_;  // Without a connection when the database is in memory: the writer reads too.
  std::vector<Task> after_group_;  // The writer's thread only.
  std::atomic<std::uint64_t> commits_{0};
  std::atomic<std::uint64_t> units_{0};
  SharedCounter refused_;
  Gauge log_bytes_;
  Histogram<kBatchBounds.size()> batch_units_{kBatchBounds};
  Histogram<kCommitBounds.size()> commit_seconds_{kCommitBounds};
  Mutex stop_mutex_;
};

Status SqliteDatabase::start() {
  std::string path = options_.path;
  if (!in_memory_) {
    Result<std::string> prepared = prepare_database_file(path);
    if (!prepared.ok()) {
      return prepared.status();
    }
    path = *std::move(prepared);
  }

  Status status = writer_.open(path, SqliteConnection::Mode::kReadWrite, options_.busy_timeout_ms);
  if (status.ok()) {
    status = check_schema(*writer_.connection, schema_migrations());
  }
  if (status.ok()) {
    status = writer_.connection->configure();
  }
  if (status.ok()) {
    status = migrate(*writer_.connection, schema_migrations(), clock_, log_);
  }
  if (status.ok() && !in_memory_) {
    status = reader_.open(path, SqliteConnection::Mode::kReadOnly, options_.busy_timeout_ms);
    if (status.ok()) {
      status = reader_.connection->configure();
    }
  }
  if (!status.ok()) {
    return status;
  }

  try {
    const BlockedSignals blocked;
    writer_.thread = std::thread([this] { serve(writer_, &SqliteDatabase::run_writer); });
    if (!in_memory_) {
      reader_.thread = std::thread([this] { serve(reader_, &SqliteDatabase::run_reader); });
    }
  } catch (const std::system_error&) {
    return Status(Code::kThread,
                  "The threads of the database cannot be started. Raise the limit "
                  "of threads (ulimit -u).");
  }
  return {};
}

Status SqliteDatabase::write(Work work, Done done) {
  return counted(writer_.queue.push({std::move(work), std::move(done), true, {}}));
}

Status SqliteDatabase::write_later(Work work, Done done) {
  return counted(writer_.queue.push_quietly({std::move(work), std::move(done), true, {}}));
}

Status SqliteDatabase::read(Work work, Done done) {
  UnitQueue& queue = in_memory_ ? writer_.queue : reader_.queue;
  return counted(queue.push({std::move(work), std::move(done), false, {}}));
}

Status SqliteDatabase::counted(Status queued) {
  if (!queued.ok()) refused_.add();
  return queued;
}

void SqliteDatabase::serve(Side& side, void (SqliteDatabase::*run)(std::vector<Unit>& units)) {
  std::vector<Unit> units;
  try {
    (this->*run)(units);
  } catch (abi::__forced_unwind&) {
    give_up(side, units);
    throw;
  }
}

// The host ended the thread in its log's sink. Whoever waits for an answer must not wait for ever.
void SqliteDatabase::give_up(Side& side, std::vector<Unit>& units) {
  side.queue.close();
  do {
    for (Unit& unit : units) {
      unit.status = Status(Code::kDatabase, "The thread of the database was ended by the host.");
      answer(side.faults, unit);
    }
    units.clear();
  } while (side.queue.take(units, batch_limit_));
}

void SqliteDatabase::run_writer(std::vector<Unit>& units) {
  units.reserve(batch_limit_);
  while (writer_.queue.take(units, batch_limit_)) {
    const auto begun = std::chrono::steady_clock::now();
    commit(units);
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begun;
    batch_units_.observe(static_cast<double>(units.size()));
    commit_seconds_.observe(took.count());
    units_.fetch_add(units.size(), std::memory_order_relaxed);
    for (Unit& unit : units) {
      answer(writer_.faults, unit);
    }
    units.clear();
    for (Task& task : after_group_) {
      task();
    }
    after_group_.clear();
    log_bytes_.set(static_cast<std::int64_t>(writer_.connection->log_bytes()));
    writer_.connection->checkpoint_if_due(options_.checkpoint_pages, options_.starved_pages);
  }
}

void SqliteDatabase::commit(std::vector<Unit>& units) {
  try {
    if (commit_group(*writer_.connection, writer_.stores->get(), units)) {
      commits_.fetch_add(1, std::memory_order_relaxed);
    }
  } catch (const std::bad_alloc&) {
    // Not by the work, which is caught apart. The next group rolls back what is left.
    for (Unit& unit : units) {
      unit.status = Status(Code::kNoMemory, "No memory.");
    }
  }
}

void SqliteDatabase::run_reader(std::vector<Unit>& units) {
  units.reserve(kReadsTogether);
  while (reader_.queue.take(units, kReadsTogether)) {
    run_reads(*reader_.connection, reader_.stores->get(), units,
              [this](Unit& unit) { answer(reader_.faults, unit); });
    units.clear();
  }
}

void SqliteDatabase::answer(FaultLog& faults, Unit& unit) {
  // The work goes first: what it borrowed may end as soon as its owner has the answer.
  unit.work = nullptr;
  try {
    if (unit.done) {
      unit.done(std::move(unit.status));
    }
  } catch (abi::__forced_unwind&) {
    throw;
  } catch (const std::exception& error) {
    faults.report("an answer of the database threw an exception", error.what());
  } catch (...) {
    faults.report("an answer of the database threw an exception", "not a std::exception");
  }
  unit.done = nullptr;
}

Database::Stats SqliteDatabase::stats() const {
  return {commits_.load(std::memory_order_relaxed),
          units_.load(std::memory_order_relaxed),
          writer_.queue.size() + reader_.queue.size(),
          refused_.value(),
          static_cast<std::uint64_t>(log_bytes_.value()),
          batch_units_.values(),
          commit_seconds_.values()};
}

void SqliteDatabase::stop() {
  MutexLock lock(stop_mutex_);
  writer_.queue.close();
  reader_.queue.close();
  for (Side* side : {&reader_, &writer_}) {
    if (side->thread.joinable()) {
      side->thread.join();
    }
  }
  // The last connection to close moves the log into the file and removes it.
  for (Side* side : {&reader_, &writer_}) {
    side->stores.reset();
    side->connection.reset();
  }
}

// Holds a thread until its unit is answered.
class Waiter {
 public:
  void answer(Status status) SECURECHAT_EXCLUDES(mutex_) {
    // Notified under the lock: the waiter, who owns this object, cannot return before the unlock.
    MutexLock lock(mutex_);
    status_ = std::move(status);
    answered_ = true;
    ready_.notify_one();
  }
  Status wait() SECURECHAT_EXCLUDES(mutex_) {
    MutexLock lock(mutex_);
    while (!answered_) {
      ready_.wait(mutex_);
    }
    return std::move(status_);
  }

 private:
  Mutex mutex_;
  ConditionVariable ready_;
  bool answered_ SECURECHAT_GUARDED_BY(mutex_) = false;
  Status status_ SECURECHAT_GUARDED_BY(mutex_);
};

}  // namespace

std::string sqlite_version() {
  return sqlite3_libversion();
}

Result<std::unique_ptr<Database>> Database::open(const DatabaseOptions& options, const Clock& clock,
                                                 Logger& log) {
  auto database = std::make_unique<SqliteDatabase>(options, clock, log);
  if (Status status = database->start(); !status.ok()) {
    return status;
  }
  return std::unique_ptr<Database>(std::move(database));
}

Status Database::write_and_wait(Work work) {
  Waiter waiter;
  Status queued =
      write(std::move(work), [&waiter](Status status) { waiter.answer(std::move(status)); });
  return queued.ok() ? waiter.wait() : queued;
}

Status Database::read_and_wait(Work work) {
  Waiter waiter;
  Status queued =
      read(std::move(work), [&waiter](Status status) { waiter.answer(std::move(status)); });
  return queued.ok() ? waiter.wait() : queued;
}

}  // namespace securechat::storage
