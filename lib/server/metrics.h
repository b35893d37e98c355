#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "audit/trail.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/worker_pool.h"
#include "chat/presence.h"
#include "chat/session_table.h"
#include "net/connection_count.h"
#include "server/counters.h"
#include "storage/database.h"

namespace securechat::server {

class Exposition;

// Everything that is counted, as text for Prometheus. Reading holds nobody up: counters are read
// where they are, and locks that are taken are held for a moment. Still it belongs off the loop,
// because the operating system is asked, too.
class Metrics {
 public:
  // All of it outlives this.
  struct Sources {
    const Clock& clock;
    const Logger& log;
    const audit::Trail& trail;
    const storage::Database& database;
    const WorkerPool& hashing;
    const net::ConnectionCount& connections;
    const std::atomic<std::size_t>& http_waiting;
    const chat::LiveSessions& live_sessions;
    const chat::Presence& presence;
    const ApiCounters& api;
    const std::vector<std::unique_ptr<ShardCounters>>& shards;
  };
  explicit Metrics(const Sources& sources);

  // Any thread.
  [[nodiscard]] std::string text() const;

 private:
  void write_server(Exposition& out) const;
  void write_shards(Exposition& out) const;
  void write_chat(Exposition& out) const;
  void write_refusals(Exposition& out) const;
  void write_hashing(Exposition& out) const;
  void write_storage(Exposition& out) const;
  void write_logs(Exposition& out) const;

  const Sources sources_;
  const std::int64_t started_at_ms_;  // Unix time.
  const std::int64_t started_monotonic_ms_;
};

}  // namespace securechat::server
