#pragma once

#include <span>

#include "storage/database.h"
#include "storage/sqlite_connection.h"
#include "storage/unit_queue.h"

namespace securechat::storage {

// Runs the units in one transaction, each undone alone when it fails, and gives each its status.
// When the transaction cannot begin or commit nothing is left of it and every unit gets the same
// kDatabase status: also one that failed by itself, because it may have judged by what another
// unit of the group had written. Answers whether there was a commit.
bool commit_group(SqliteConnection& connection, Stores& stores, std::span<Unit> units);

// Runs one unit in a read transaction of its own, on a connection that cannot write.
void run_read(SqliteConnection& connection, Stores& stores, Unit& unit);

}  // namespace securechat::storage
