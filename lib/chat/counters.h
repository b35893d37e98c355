#pragma once

#include <array>
#include <string_view>

#include "base/metrics.h"

namespace securechat::chat {

// Why somebody was refused, as the `code` that he was told; a host's own words count as "other".
inline constexpr std::array<std::string_view, 11> kConnectReasons{
    "NO_TOKEN",    "TOKEN_EXPIRED",     "AUTH_FAILED", "INVALID_ORIGIN", "TOO_MANY_CONNECTIONS",
    "CSRF_FAILED", "INVALID_NAMESPACE", "FORBIDDEN",   "BUSY",           "INTERNAL",
    "other"};
inline constexpr std::array<std::string_view, 8> kEventReasons{
    "INVALID_MESSAGE", "RATE_LIMITED", "NOT_IN_ROOM", "FORBIDDEN",
    "UNKNOWN_EVENT",   "BUSY",         "INTERNAL",    "other"};
inline constexpr std::array<std::string_view, 4> kRateLimits{"connections", "messages", "requests",
                                                             "packets"};

// What the chat counts on one shard, on its thread.
struct Counters {
  Counter packets_received;   // Of every kind, from every peer.
  Counter messages_received;  // Events `send-message`,
  Counter messages_sent;      // and those of them that were stored and went out.
  Counter deliveries;         // What of that was handed to members of rooms on this shard.
  Counter protocol_faults;    // Connections that ended because their peer broke the protocol,
  Counter payload_refusals;   // sent more at once than it may,
  Counter slow_consumers;     // or read too slowly.
  CountersByWord<kConnectReasons.size()> connect_refusals{kConnectReasons};
  CountersByWord<kEventReasons.size()> event_refusals{kEventReasons};
  CountersByWord<kRateLimits.size()> rate_limited{kRateLimits};
};

}  // namespace securechat::chat
