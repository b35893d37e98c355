#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <future>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "audit/trail.h"
#include "auth/accounts.h"
#include "auth/filter_chain.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/mailbox.h"
#include "base/status.h"
#include "chat/environment.h"
#include "chat/memory_store.h"
#include "chat/presence.h"
#include "chat/recovery_table.h"
#include "chat/session_table.h"
#include "chat/types.h"
#include "connection/engine_directory.h"
#include "net/connection_count.h"
#include "server/counters.h"
#include "server/rate_limits.h"
#include "server/registrations.h"
#include "server/revocation_watch.h"
#include "server/scraper.h"
#include "server/settings.h"
#include "server/shard_ports.h"
#include "server/tls_faults.h"
#include "storage/database.h"

namespace securechat::server {

// One event loop on its own thread with everything that lives on it: connections, sessions, rooms,
// HTTP. Other threads reach it through the mailbox.
class Shard {
 public:
  // What the shards of a server share; all of it outlives every shard.
  struct Shared {
    const Clock& clock;
    Logger& log;
    audit::Trail& trail;
    storage::Database& database;
    auth::Accounts& accounts;
    Registrations& host;
    chat::LiveSessions& live_sessions;
    RateLimits& rates;
    TlsFaults& tls_faults;
    std::int64_t revocation;           // The newest one at the start.
    RevocationWatch::Revoked revoked;  // Ends the sessions of these logins on every shard.
    chat::Presence& presence;
    std::shared_ptr<chat::MemoryStore> memory;  // Null with durable history.
    chat::RecoveryTable& lost_sessions;
    std::int64_t position;  // The newest commit_seq at the start.
    ShardPorts& ports;
    connection::EngineDirectory& engine_directory;
    std::shared_ptr<net::ConnectionCount> connection_count;
    std::atomic<std::size_t>& http_waiting;  // Requests whose answers are due.
    ApiCounters& api_counters;
    Scraper& scraper;
  };

  // The shard number `index` of `count`; it adds its port to those of the server.
  // `counters` are its own and outlive it.
  static Result<std::unique_ptr<Shard>> create(const Shared& shared, const Settings& settings,
                                               ShardCounters& counters, std::size_t index,
                                               std::size_t count);
  // The thread has ended.
  virtual ~Shard() = default;

  // Binds; answers the real port. Before run.
  virtual Result<std::uint16_t> listen(const std::string& host, std::uint16_t port) = 0;
  virtual void run() = 0;

  // Any thread.
  [[nodiscard]] virtual std::shared_ptr<Mailbox> mailbox() const = 0;
  [[nodiscard]] virtual bool on_this_thread() const = 0;
  virtual void apply(std::shared_ptr<const Settings> settings) = 0;
  virtual void emit(chat::Target target, std::shared_ptr<const chat::Emission> emission) = 0;
  virtual void ask(chat::SessionId id, chat::Emission question, std::int64_t timeout_ms,
                   chat::AckDone done) = 0;
  virtual void join(chat::SessionId session, std::string room) = 0;
  virtual void leave(chat::SessionId session, std::string room) = 0;
  virtual void disconnect(chat::SessionId session, std::string reason) = 0;
  // Ends every session of these login sessions.
  virtual void revoke(std::vector<std::string> sids) = 0;

  // Lets go of everyone: health says draining, acknowledgements due are given, sockets close with
  // 1001. It is over after at most `drain_ms` and a moment. Not from the shard's thread.
  [[nodiscard]] virtual std::future<void> drain(std::int64_t drain_ms) = 0;
  // Accepts nobody any more; answers when that is so. Not from the shard's thread.
  [[nodiscard]] virtual std::future<void> stop_listening() = 0;
  // Runs what the mailbox still holds, closes what is open, ends the thread. Idempotent. Not from
  // the shard's thread.
  virtual void stop() = 0;
};

}  // namespace securechat::server
