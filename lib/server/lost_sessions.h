#pragma once

#include <cstdint>

#include "base/status.h"
#include "chat/recovery_table.h"
#include "storage/database.h"

// Connection state recovery over a restart: lost sessions are in the database only while no server
// runs. Both calls wait for storage.
namespace securechat::server {

// Takes what an earlier run left and still may be taken up, and where the order of commits stands.
// Those that ended before `since_ms` (Unix time) are dropped.
Result<std::int64_t> load_lost_sessions(storage::Database& database, std::int64_t since_ms,
                                        chat::RecoveryTable& table);

// Empties the table into the database.
Status save_lost_sessions(storage::Database& database, chat::RecoveryTable& table);

}  // namespace securechat::server
