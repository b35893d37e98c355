#include "server/options.h"

#include <algorithm>
#include <cstddef>
#include <limits>

#include "base/text.h"

namespace securechat::server {
namespace {

constexpr std::int64_t kShortest = 100;                   // ms
constexpr std::int64_t kLongest = 365LL * 86'400 * 1000;  // ms
constexpr std::int64_t kCount = 1'000'000;
constexpr bool kNoEffect = false;
constexpr bool kReload = true;

using enum OptionType;

constexpr Option kOptions[] = {
    {"listen.host", kText, "127.0.0.1", "HOST",
     "Address to listen on: an IPv4 or IPv6 address or localhost; 0.0.0.0 and :: mean every "
     "interface."},
    {"listen.port", kInteger, "3000", "PORT", "TCP port; 0 picks a free one.", 0, 65'535},
    {"listen.threads", kInteger, "1", "", "Number of event loop threads.", 1, 64},

    {"tls.cert",
     kPath,
     "",
     "",
     "Certificate chain (PEM file); given together with tls.key it turns HTTPS on.",
     0,
     0,
     {}},
    {"tls.key",
     kPath,
     "",
     "",
     "Private key (PEM file) of tls.cert; must not be readable by everyone.",
     0,
     0,
     {}},
    {"tls.client_ca", kPath, "", "",
     "Certificate authorities (PEM file) that client certificates must come from; empty asks for "
     "none."},

    {"db.path", kPath, "securechat.db", "",
     "SQLite database file with accounts and messages; :memory: keeps everything in memory."},

    {"auth.jwt_secret",
     kSecret,
     "",
     "JWT_SECRET",
     "Key that signs access tokens; at least 32 bytes, make one with: securechatd gen-secret. "
     "Required unless auth.public_key is given.",
     0,
     0,
     {},
     true,
     kReload},
    {"auth.jwt_expires_in",
     kDuration,
     "1h",
     "JWT_EXPIRES_IN",
     "Life of an access token, in whole seconds.",
     kShortest,
     kLongest,
     {},
     true,
     kReload},
    {"auth.refresh_secret",
     kSecret,
     "",
     "JWT_REFRESH_SECRET",
     "Key that signs refresh tokens; at least 32 bytes and another one than auth.jwt_secret. "
     "Required unless auth.public_key is given.",
     0,
     0,
     {},
     true,
     kReload},
    {"auth.refresh_expires_in",
     kDuration,
     "7d",
     "JWT_REFRESH_EXPIRES_IN",
     "Life of a refresh token, in whole seconds.",
     kShortest,
     kLongest,
     {},
     true,
     kReload},
    {"auth.bcrypt_cost", kInteger, "12", "",
     "Cost of a password hash; each step doubles its time. Below 10 needs auth.allow_weak_hash.", 4,
     31},
    {"auth.allow_weak_hash", kFlag, "false", "",
     "Lets auth.bcrypt_cost go below 10; for tests only."},
    {"auth.csrf", kChoice, "off", "", "Whether joining needs the session's CSRF token.", 0, 0,
     "off|required", true, kReload},
    {"auth.refresh_rotation", kChoice, "grace", "",
     "strict: a refresh token is good once. grace: it may come again until a successor was used.",
     0, 0, "grace|strict"},
    {"auth.public_key", kPath, "", "",
     "Public key (PEM file) of an external issuer, whose access tokens are then the only ones "
     "accepted; this server then issues none and needs no secrets. Needs auth.algorithm."},
    {"auth.algorithm", kChoice, "HS256", "",
     "Signature of access tokens; RS256 and ES256 need auth.public_key.", 0, 0,
     "HS256|RS256|ES256"},
    {"auth.issuer", kText, "securechat", "", "The iss claim that tokens carry."},
    {"auth.audience", kText, "securechat", "", "The aud claim that tokens carry."},

    {"origin.allowed",
     kOrigins,
     "",
     "ALLOWED_ORIGINS",
     "Origins whose pages may connect, such as https://chat.example.com, separated by commas; "
     "empty: only pages from this server.",
     0,
     0,
     {},
     true,
     kReload},
    {"origin.allow_missing",
     kFlag,
     "false",
     "",
     "Lets clients in that send no Origin, such as native programs.",
     0,
     0,
     {},
     true,
     kReload},
    {"origin.strict",
     kFlag,
     "off",
     "",
     "Answers a foreign Origin with HTTP 403 instead of INVALID_ORIGIN.",
     0,
     0,
     {},
     true,
     kReload},

    {"limits.auth_attempts",
     kInteger,
     "5",
     "",
     "Registrations and logins per client address in limits.auth_window.",
     1,
     kCount,
     {},
     true,
     kReload},
    {"limits.auth_window",
     kDuration,
     "15m",
     "",
     "Window of limits.auth_attempts.",
     kShortest,
     kLongest,
     {},
     true,
     kReload},
    {"limits.connections",
     kInteger,
     "10",
     "",
     "Joins per client address in limits.connections_window, refused ones included.",
     1,
     kCount,
     {},
     true,
     kReload},
    {"limits.connections_window",
     kDuration,
     "1m",
     "",
     "Window of limits.connections.",
     kShortest,
     kLongest,
     {},
     true,
     kReload},
    {"limits.messages",
     kInteger,
     "30",
     "",
     "Messages per user in limits.messages_window.",
     1,
     kCount,
     {},
     true,
     kReload},
    {"limits.messages_window",
     kDuration,
     "1m",
     "",
     "Window of limits.messages.",
     kShortest,
     kLongest,
     {},
     true,
     kReload},
    {"limits.message_length",
     kInteger,
     "500",
     "",
     "Longest message, in UTF-16 units after trimming and escaping.",
     1,
     kCount,
     {},
     true,
     kReload},
    {"limits.body",
     kInteger,
     "10240",
     "",
     "Largest HTTP request body, in bytes.",
     64,
     kCount,
     {},
     true,
     kReload},
    {"limits.payload",
     kInteger,
     "1000000",
     "",
     "Largest WebSocket message or polling payload of a session, in bytes.",
     1024,
     16 * kCount,
     {},
     true,
     kReload},
    {"limits.payload_unauthenticated",
     kInteger,
     "16384",
     "",
     "Largest payload before a session has joined, in bytes.",
     512,
     kCount,
     {},
     true,
     kReload},
    {"limits.auth_timeout",
     kDuration,
     "10s",
     "",
     "Time from TCP accept to a joined namespace, then the connection is closed.",
     kShortest,
     kLongest,
     {},
     true,
     kReload},
    {"limits.send_queue",
     kInteger,
     "1048576",
     "",
     "Bytes that may wait for one slow client, then limits.slow_consumer decides.",
     1024,
     1'073'741'824,
     {},
     true,
     kReload},
    {"limits.slow_consumer", kChoice, "close", "",
     "What happens at limits.send_queue: close the connection or drop what is new.", 0, 0,
     "close|drop-new", true, kReload},
    {"limits.write_deadline",
     kDuration,
     "10s",
     "",
     "Time that a client may take to accept what is sent, then it is closed.",
     kShortest,
     kLongest,
     {},
     true,
     kReload},
    {"limits.sockets_per_user",
     kInteger,
     "16",
     "",
     "Connections of one user at a time; the next one is refused.",
     1,
     kCount,
     {},
     true,
     kReload},
    {"limits.sessions_per_user",
     kInteger,
     "10",
     "",
     "Logins of one user at a time; the next one ends the oldest.",
     1,
     kCount,
     {},
     true,
     kReload},
    {"limits.max_connections", kInteger, "0", "",
     "Connections at a time; 0: what the limit of open files allows.", 0, kCount},

    {"proxy.trusted", kCidrs, "", "",
     "Proxies whose X-Forwarded-For is believed: addresses or blocks such as 10.0.0.0/8, separated "
     "by commas."},

    {"engine.path", kText, "/socket.io/", "", "Path of the Socket.IO endpoint."},
    {"engine.ping_interval", kDuration, "25s", "", "Time between two heartbeats.", kShortest,
     kLongest},
    {"engine.ping_timeout", kDuration, "20s", "", "Time that a client has to answer a heartbeat.",
     kShortest, kLongest},
    {"engine.upgrade_timeout", kDuration, "10s", "",
     "Time that the upgrade from polling to WebSocket may take.", kShortest, kLongest},
    {"engine.transports", kList, "polling,websocket", "", "Engine.IO transports that are offered.",
     0, 0, "polling|websocket"},
    {"engine.client_dir", kPath, "", "",
     "Folder of the socket.io-client bundle (dist of npm's package), served below engine.path."},
    {"engine.recovery", kFlag, "on", "",
     "Connection state recovery: a client that comes back gets what it missed."},
    {"engine.error_data", kFlag, "on", "", "Whether connect_error carries data with a code."},

    {"chat.default_room", kText, "lobby", "", "Room that every session joins; empty: none."},
    {"chat.history", kChoice, "durable", "",
     "Where messages are kept: durable in the database, memory until the end of the process, off "
     "nowhere.",
     0, 0, "durable|memory|off"},
    {"chat.recovery_window", kDuration, "2m", "", "How long a lost connection can be recovered.",
     kShortest, kLongest},
    {"chat.auto_create_rooms", kFlag, "true", "",
     "Whether joining an unknown room creates a public one."},

    {"http.static_dir", kPath, "", "", "Folder whose files are served at /."},
    {"health.path", kText, "/healthz", "", "Path of the health answer."},
    {"metrics.path", kText, "/metrics", "", "Path of the Prometheus metrics.", 0, 0, {}},
    {"metrics.public", kFlag, "false", "",
     "Shows the metrics to every peer instead of loopback ones only.", 0, 0},

    {"hooks.timeout",
     kDuration,
     "5s",
     "",
     "Time that a deferred filter or hook has to answer, then the answer is no.",
     kShortest,
     kLongest,
     {},
     kNoEffect},
    {"loop", kChoice, "thread", "", "Who runs the event loop.", 0, 0, "thread|manual|fd",
     kNoEffect},

    {"log.level", kChoice, "info", "", "What is logged.", 0, 0, "error|warn|info|debug", true,
     kReload},
    {"log.format", kChoice, "text", "", "How a log line looks.", 0, 0, "text|json", true, kReload},
    {"log.audit_file",
     kPath,
     "",
     "",
     "File that audit events are appended to.",
     0,
     0,
     {},
     kNoEffect},
};

}  // namespace

std::span<const Option> option_table() {
  return kOptions;
}

const Option* find_option(std::string_view key) {
  const auto found = std::ranges::find(kOptions, key, &Option::key);
  return found == std::end(kOptions) ? nullptr : &*found;
}

std::string_view nearest_option(std::string_view key) {
  std::string_view nearest;
  std::size_t least = std::numeric_limits<std::size_t>::max();
  for (const Option& option : kOptions) {
    const std::size_t distance = edit_distance(key.substr(0, 64), option.key);
    if (distance < least) {
      least = distance;
      nearest = option.key;
    }
  }
  return nearest;
}

std::string_view type_name(OptionType type) {
  switch (type) {
    case kText:
      return "text";
    case kSecret:
      return "secret";
    case kPath:
      return "path";
    case kInteger:
      return "integer";
    case kDuration:
      return "duration";
    case kFlag:
      return "flag";
    case kChoice:
      return "choice";
    case kOrigins:
      return "origins";
    case kCidrs:
      return "addresses";
    case kList:
      return "list";
  }
  return "text";
}

std::string prefixed_environment(const Option& option) {
  std::string name = "SECURECHAT_";
  for (const char c : option.key) {
    const bool lower = c >= 'a' && c <= 'z';
    name += c == '.' ? '_' : lower ? static_cast<char>(c - 'a' + 'A') : c;
  }
  return name;
}

}  // namespace securechat::server
