#pragma once

#include <cstdint>

#include "base/rate_limiter.h"
#include "server/settings.h"

namespace securechat::server {

// What is counted for an address or a user over all shards of a server.
struct RateLimits {
  explicit RateLimits(const Settings& settings)
      : auth(settings.auth_rate.limit, settings.auth_rate.window_ms, false),
        password(settings.auth_rate.limit, settings.auth_rate.window_ms, false),
        join(settings.connection_rate.limit, settings.connection_rate.window_ms, true),
        message(settings.message_rate.limit, settings.message_rate.window_ms, false) {}

  void configure(const Settings& settings) {
    auth.configure(settings.auth_rate.limit, settings.auth_rate.window_ms);
    password.configure(settings.auth_rate.limit, settings.auth_rate.window_ms);
    join.configure(settings.connection_rate.limit, settings.connection_rate.window_ms);
    message.configure(settings.message_rate.limit, settings.message_rate.window_ms);
  }

  static constexpr std::int64_t kRoomJoinsPerMinute = 120;
  static constexpr std::int64_t kRequestsPerWindow = 200;
  static constexpr std::int64_t kRequestWindowMs = 10'000;

  RateLimiter auth;                                      // Register and login, per address.
  RateLimiter password;                                  // Guesses at a current password, per user.
  RateLimiter join;                                      // Joins of a namespace, per address.
  RateLimiter message;                                   // Per user.
  RateLimiter room{kRoomJoinsPerMinute, 60'000, false};  // Per user: each may make a room.
  // Per user: what costs everybody in a room, or a walk through storage, for a few bytes.
  RateLimiter request{kRequestsPerWindow, kRequestWindowMs, false};
};

}  // namespace securechat::server
