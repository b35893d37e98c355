#pragma once

#include <span>

#include "base/clock.h"
#include "base/log.h"
#include "base/status.h"
#include "storage/sqlite_connection.h"

namespace securechat::storage {

// One step of the schema: SQL that leads from the version before to this one. The version of a
// migration is its place in the list, starting with 1.
struct Migration {
  const char* sql;
};

// The schema of this library (schema.cc).
std::span<const Migration> schema_migrations();

// Refuses a file of another program, a schema newer than `migrations` know, and a damaged file.
// Changes nothing.
Status check_schema(SqliteConnection& connection, std::span<const Migration> migrations);

// Brings the schema to the newest version, forward only, in one transaction. An older schema (not
// a new file) is first copied beside the file as <path>.v<version>.<unix ms>.bak.
Status migrate(SqliteConnection& connection, std::span<const Migration> migrations,
               const Clock& clock, Logger& log);

}  // namespace securechat::storage
