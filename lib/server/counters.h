#pragma once

#include <array>
#include <string_view>

#include "base/metrics.h"
#include "chat/counters.h"
#include "net/loop_counters.h"

namespace securechat::server {

// Every status and code of the tables in http_answers.cc has its word;
// tests/server/counters_test.cc sees to that.
inline constexpr auto kStatusWords = std::to_array<std::string_view>(
    {"200", "201", "202", "204", "304", "400", "401", "403", "404", "405", "408", "409",  "411",
     "413", "414", "415", "417", "426", "429", "431", "500", "501", "503", "505", "other"});
inline constexpr auto kApiReasons = std::to_array<std::string_view>({"INVALID_EMAIL",
                                                                     "PASSWORD_TOO_SHORT",
                                                                     "PASSWORD_NEEDS_CASE",
                                                                     "PASSWORD_NEEDS_NUMBER",
                                                                     "PASSWORD_COMMON",
                                                                     "PASSWORD_NAMES_OWNER",
                                                                     "PASSWORD_TOO_LONG",
                                                                     "INVALID_PASSWORD",
                                                                     "INVALID_USERNAME",
                                                                     "EMAIL_EXISTS",
                                                                     "USERNAME_EXISTS",
                                                                     "INVALID_CREDENTIALS",
                                                                     "UNAUTHORIZED",
                                                                     "CSRF_FAILED",
                                                                     "TOKEN_EXPIRED",
                                                                     "TOKEN_REUSED",
                                                                     "INVALID_TOKEN",
                                                                     "TOO_MANY_ATTEMPTS",
                                                                     "FORBIDDEN",
                                                                     "BUSY",
                                                                     "INTERNAL",
                                                                     "other"});
inline constexpr std::array<std::string_view, 4> kApiLimits{"auth_attempts", "password_attempts",
                                                            "login_failures", "refreshes"};

// What one shard counts, on its thread.
struct ShardCounters {
  net::LoopCounters loop;
  chat::Counters chat;
  CountersByWord<kStatusWords.size()> answers{kStatusWords};  // To HTTP requests.
  Gauge engine_sessions;
  Gauge sessions;
};

// What the HTTP API counts of all shards: its answers come from the threads of hashing and storage.
struct ApiCounters {
  CountersByWord<kApiReasons.size(), SharedCounter> refusals{kApiReasons};
  CountersByWord<kApiLimits.size(), SharedCounter> rate_limited{kApiLimits};
};

}  // namespace securechat::server
