#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "audit/trail.h"
#include "auth/accounts.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/status.h"
#include "base/worker_pool.h"
#include "chat/memory_store.h"
#include "chat/presence.h"
#include "chat/recovery_table.h"
#include "chat/session_table.h"
#include "chat/types.h"
#include "connection/engine_directory.h"
#include "net/connection_count.h"
#include "server/counters.h"
#include "server/metrics.h"
#include "server/rate_limits.h"
#include "server/registrations.h"
#include "server/scraper.h"
#include "server/settings.h"
#include "server/shard.h"
#include "server/shard_ports.h"
#include "storage/database.h"

namespace securechat::server {

// The shards of a running server and what they share. Opened, run, drained and stopped by one
// thread at a time, in this order; any thread may speak to the sessions meanwhile.
class ShardSet {
 public:
  // All of it outlives the set.
  struct Parts {
    const Clock& clock;
    Logger& log;
    audit::Trail& trail;
    storage::Database& database;
    auth::Accounts& accounts;
    Registrations& host;
    const WorkerPool& hashing;
  };
  ShardSet(const Parts& parts, const Settings& settings);

  // Makes all shards before one of them runs; answers the real port. A set that failed is of no
  // further use.
  Result<std::uint16_t> listen(const Settings& settings);
  void run();
  // Lets go of everyone, within `drain_ms` and a moment, and keeps what their clients may take up
  // again after a restart.
  void drain(std::int32_t drain_ms);
  // What storage still answered before this runs; then the threads end.
  void stop();

  // Any thread, after listen().
  void apply(const std::shared_ptr<const Settings>& settings);
  // For Prometheus.
  [[nodiscard]] std::string metrics() const { return metrics_.text(); }
  // Ends every session of these login sessions.
  void revoke(const std::vector<std::string>& sids);
  // kNotFound for a session that has ended.
  Status emit(const chat::Target& target, chat::Emission emission);
  // Runs `fn` with the shard of a session; kNotFound when the session has ended.
  template <typename Fn>
  Status with_shard(chat::SessionId session, Fn fn) {
    if (!live_sessions_.contains(session)) return {Code::kNotFound, "the session has ended"};
    fn(*shards_[chat::SessionTable::shard_of(session)]);
    return {};
  }

 private:
  const Parts parts_;
  const bool durable_;  // Whether messages and lost sessions outlive the process.
  RateLimits rates_;
  TlsFaults tls_faults_;
  chat::LiveSessions live_sessions_;
  chat::Presence presence_;
  chat::RecoveryTable lost_sessions_;
  const std::shared_ptr<chat::MemoryStore> memory_;  // Null when durable.
  ShardPorts ports_;                                 // Filled before the shards run.
  connection::EngineDirectory engine_directory_;
  std::atomic<std::size_t> http_waiting_ = 0;
  const std::shared_ptr<net::ConnectionCount> connections_ =
      std::make_shared<net::ConnectionCount>();
  ApiCounters api_counters_;
  std::vector<std::unique_ptr<ShardCounters>> counters_;  // Not changed any more.
  const Metrics metrics_;
  Scraper scraper_{metrics_};
  std::vector<std::unique_ptr<Shard>> shards_;  // Not changed after listen().
};

}  // namespace securechat::server
