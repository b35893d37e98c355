#pragma once

#include <functional>
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

// Runs the units in one read transaction, on a connection that cannot write, and calls `answer` for
// each before the next one runs. They were all asked for before it began, so that none of them
// misses what had been committed when it was asked for.
void run_reads(SqliteConnection& connection, Stores& stores, std::span<Unit> units,
               const std::function<void(Unit&)>& answer);

}  // namespace securechat::storage
