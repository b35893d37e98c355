#include "storage/group_commit.h"

#include <cxxabi.h>

#include <exception>
#include <new>
#include <string>

namespace securechat::storage {
namespace {

Status call(Unit& unit, SqliteConnection& connection, Stores& stores) {
  try {
    return unit.work(stores);
  } catch (abi::__forced_unwind&) {
    throw;
  } catch (const std::bad_alloc&) {
    return Status(Code::kNoMemory, "No memory for this.");
  } catch (const std::exception& error) {
    connection.faults().report("a unit of work threw an exception", error.what());
  } catch (...) {
    connection.faults().report("a unit of work threw an exception", "not a std::exception");
  }
  return Status(Code::kInternal, "Internal error.");
}

Status run(Unit& unit, SqliteConnection& connection, Stores& stores) {
  const std::int64_t changes_before = connection.total_changes();
  (void)connection.take_broken();
  Status status = call(unit, connection, stores);
  if (connection.take_broken() && status.ok()) {
    return Status(Code::kDatabase, "The database failed. The log says why.");
  }
  // Only where one connection serves both; elsewhere SQLite itself refuses.
  if (!unit.may_write && connection.total_changes() != changes_before) {
    return Status(Code::kState, "A read may not change anything. Use write for this.");
  }
  return status;
}

Status run_in_savepoint(Unit& unit, SqliteConnection& connection, Stores& stores) {
  if (Status status = connection.execute("SAVEPOINT unit"); !status.ok()) {
    return status;
  }
  Status status = run(unit, connection, stores);
  if (!connection.in_transaction()) {
    return status;
  }
  if (!status.ok()) {
    // Without its undoing the unit must not be committed, nor can those before it be told apart.
    if (!connection.execute("ROLLBACK TO unit").ok()) {
      (void)connection.execute("ROLLBACK");
      return status;
    }
  }
  if (!connection.execute("RELEASE unit").ok()) {
    (void)connection.execute("ROLLBACK");
  }
  return status;
}

void give_up(SqliteConnection& connection, std::span<Unit> units, const Status& reason) {
  // Many failures roll back by themselves; the statement is for those that do not.
  if (connection.in_transaction()) {
    (void)connection.execute("ROLLBACK");
  }
  for (Unit& unit : units) {
    unit.status = Status(Code::kDatabase, reason.message());
  }
}

}  // namespace

bool commit_group(SqliteConnection& connection, Stores& stores, std::span<Unit> units) {
  if (connection.in_transaction()) {
    (void)connection.execute("ROLLBACK");  // A rollback that failed is tried again.
  }
  if (Status begun = connection.execute("BEGIN IMMEDIATE"); !begun.ok()) {
    give_up(connection, units, begun);
    return false;
  }
  bool worth_it = false;
  for (Unit& unit : units) {
    unit.status = units.size() == 1 ? run(unit, connection, stores)
                                    : run_in_savepoint(unit, connection, stores);
    if (!connection.in_transaction()) {
      // SQLite gave up the whole transaction (full disk, no memory): those before are lost too.
      const Status reason = unit.status.ok()
                                ? Status(Code::kDatabase, "The database failed. The log says why.")
                                : unit.status;
      give_up(connection, units, reason);
      return false;
    }
    worth_it = worth_it || unit.status.ok();
  }
  if (!worth_it) {
    (void)connection.execute("ROLLBACK");
    return false;
  }
  if (Status committed = connection.execute("COMMIT"); !committed.ok()) {
    give_up(connection, units, committed);
    return false;
  }
  return true;
}

void run_reads(SqliteConnection& connection, Stores& stores, std::span<Unit> units,
               const std::function<void(Unit&)>& answer) {
  // One that could not be committed would show what the database was then.
  if (connection.in_transaction()) (void)connection.execute("ROLLBACK");
  for (Unit& unit : units) {
    // A fault may have ended the transaction of those before.
    if (!connection.in_transaction()) unit.status = connection.execute("BEGIN");
    if (unit.status.ok()) {
      (void)connection.take_broken();
      unit.status = call(unit, connection, stores);
      if (connection.take_broken() && unit.status.ok()) {
        unit.status = Status(Code::kDatabase, "The database failed. The log says why.");
      }
    }
    answer(unit);
  }
  if (connection.in_transaction()) {
    (void)connection.execute("COMMIT");
  }
}

}  // namespace securechat::storage
