#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "audit/trail.h"
#include "auth/accounts.h"
#include "auth/filter_chain.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/mailbox.h"
#include "base/random_pool.h"
#include "base/rate_limiter.h"
#include "base/task.h"
#include "base/timer_queue.h"
#include "chat/counters.h"
#include "chat/neighbours.h"
#include "chat/types.h"

namespace securechat::chat {

class History;
class PendingRecovery;
class Presence;
class RecoveryTable;
class SessionTable;

struct ChatOptions {
  std::string default_room = "lobby";  // Every session joins it; empty: none.
  bool auto_create_rooms = true;
  std::int64_t message_length = 500;  // UTF-16 units after trimming and escaping.
  std::size_t sockets_per_user = 16;
  bool recovery = true;  // Whether broken connections may be taken up again.
  // What one connection may send in ten seconds, of packets of every kind.
  std::size_t packets_per_window = 1'030;
  std::size_t bytes_per_window = 16'000'000;
};

// What the host hears and decides. Each runs on the thread of the shard that it concerns, one at a
// time there; with several shards on several threads at a time.
struct Hooks {
  UniqueFunction<auth::Verdict(MessageDraft&)> message;
  // Events of the host's own, by the namespace as it was declared and the event's name.
  std::map<std::pair<std::string, std::string>, UniqueFunction<auth::Verdict(MessageDraft&)>>
      events;
  UniqueFunction<void(SessionId, std::string_view user_id, std::string_view nsp)> connect;
  UniqueFunction<void(SessionId, std::string_view user_id, std::string_view reason)> disconnect;
};

// What the chat layer shares on one shard. Owned by the shard; outlives everything in this layer.
struct Environment {
  const Clock& clock;
  Logger& log;
  audit::Trail& trail;
  Counters& counters;
  std::size_t shard;  // The number of this one.
  TimerQueue& timers;
  auth::Accounts& accounts;
  auth::FilterChain& filters;
  History& history;
  SessionTable& sessions;
  RateLimiter& message_rate;
  RateLimiter& room_rate;     // Joins per user: each may make a room that is kept.
  RateLimiter& request_rate;  // Per user: `typing` and what is read of rooms.
  Hooks& hooks;
  Presence& presence;
  const Neighbours& neighbours;
  RecoveryTable& lost_sessions;
  ChatOptions options;
  // Brings completions of other threads home; they are dropped once it is closed.
  std::shared_ptr<Mailbox> home;
  // The newest commit_seq that was delivered on this shard.
  std::int64_t position = 0;
  std::vector<std::weak_ptr<PendingRecovery>> recoveries = {};
  RandomPool ids = {};  // Of messages, events and sessions.
};

}  // namespace securechat::chat
