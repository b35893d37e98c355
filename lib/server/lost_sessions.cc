#include "server/lost_sessions.h"

#include <optional>
#include <utility>
#include <vector>

#include "storage/message_store.h"
#include "storage/recovery_store.h"

namespace securechat::server {

Result<std::int64_t> load_lost_sessions(storage::Database& database, std::int64_t since_ms,
                                        chat::RecoveryTable& table) {
  std::vector<storage::RecoverySession> stored;
  std::int64_t position = 0;
  Status status = database.write_and_wait([&](storage::Stores& stores) -> Status {
    Result<std::int64_t> newest = stores.messages.newest_commit();
    if (!newest.ok()) return newest.status();
    position = *newest;
    Result<std::vector<storage::RecoverySession>> taken = stores.recoveries.take_all(since_ms);
    if (!taken.ok()) return taken.status();
    stored = std::move(*taken);
    return {};
  });
  if (!status.ok()) return status;
  for (const storage::RecoverySession& session : stored) {
    if (std::optional<chat::LostSession> lost = chat::from_storage(session)) {
      table.keep(std::move(*lost));
    }
  }
  return position;
}

Status save_lost_sessions(storage::Database& database, chat::RecoveryTable& table) {
  const std::vector<chat::LostSession> lost = table.take_all();
  if (lost.empty()) return {};
  return database.write_and_wait([&lost](storage::Stores& stores) -> Status {
    for (const chat::LostSession& session : lost) {
      if (Status s = stores.recoveries.save(chat::to_storage(session)); !s.ok()) return s;
    }
    return {};
  });
}

}  // namespace securechat::server
