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

using enum OptionType;

// A row in the making.
struct Row {
  Option option;

  constexpr operator Option() const { return option; }
  // The bare name of its environment variable.
  [[nodiscard]] constexpr Row env(std::string_view name) const {
    Row row = *this;
    row.option.environment = name;
    return row;
  }
  // Takes effect on reload.
  [[nodiscard]] constexpr Row reloadable() const {
    Row row = *this;
    row.option.reloadable = true;
    return row;
  }
  [[nodiscard]] constexpr Row unused() const {
    Row row = *this;
    row.option.has_effect = false;
    return row;
  }
};

constexpr Row row(OptionType type, std::string_view key, std::string_view value,
                  std::string_view help) {
  return {{key, type, value, "", help}};
}
constexpr Row text(std::string_view key, std::string_view value, std::string_view help) {
  return row(kText, key, value, help);
}
constexpr Row secret(std::string_view key, std::string_view help) {
  return row(kSecret, key, "", help);
}
constexpr Row path(std::string_view key, std::string_view help) {
  return row(kPath, key, "", help);
}
constexpr Row path(std::string_view key, std::string_view value, std::string_view help) {
  return row(kPath, key, value, help);
}
constexpr Row origins(std::string_view key, std::string_view help) {
  return row(kOrigins, key, "", help);
}
constexpr Row addresses(std::string_view key, std::string_view help) {
  return row(kCidrs, key, "", help);
}
constexpr Row flag(std::string_view key, std::string_view value, std::string_view help) {
  return row(kFlag, key, value, help);
}
constexpr Row number(std::string_view key, std::string_view value, std::int64_t minimum,
                     std::int64_t maximum, std::string_view help) {
  return {{key, kInteger, value, "", help, minimum, maximum}};
}
constexpr Row duration(std::string_view key, std::string_view value, std::string_view help) {
  return {{key, kDuration, value, "", help, kShortest, kLongest}};
}
constexpr Row choice(std::string_view key, std::string_view value, std::string_view choices,
                     std::string_view help) {
  return {{key, kChoice, value, "", help, 0, 0, choices}};
}
constexpr Row list(std::string_view key, std::string_view value, std::string_view choices,
                   std::string_view help) {
  return {{key, kList, value, "", help, 0, 0, choices}};
}

constexpr Option kOptions[] = {
    text("listen.host", "127.0.0.1",
         "Address to listen on: an IPv4 or IPv6 address or localhost; 0.0.0.0 and :: mean every "
         "interface.")
        .env("HOST"),
    number("listen.port", "3000", 0, 65'535, "TCP port; 0 picks a free one.").env("PORT"),
    number("listen.threads", "1", 1, 64, "Number of event loop threads."),

    path("tls.cert",
         "Certificate chain (PEM file); given together with tls.key it turns HTTPS on. A reload "
         "reads "
         "the files anew; turning HTTPS on or off takes a restart.")
        .reloadable(),
    path("tls.key", "Private key (PEM file) of tls.cert; must not be readable by everyone.")
        .reloadable(),
    path("tls.client_ca",
         "Certificate authorities (PEM file, which may hold revocation lists too) that client "
         "certificates must come from; empty asks for none.")
        .reloadable(),
    choice(
        "tls.client_identity", "off", "off|common_name",
        "Whether a client certificate says who a peer is, whom nobody asks for a token then: its "
        "common name is the username. Needs tls.client_ca.")
        .reloadable(),

    path("db.path", "securechat.db",
         "SQLite database file with accounts and messages; :memory: keeps everything in memory."),

    secret("auth.jwt_secret",
           "Key that signs access tokens; at least 32 bytes, make one with: securechatd "
           "gen-secret. Required unless auth.keys_file or auth.public_key is given.")
        .env("JWT_SECRET")
        .reloadable(),
    duration("auth.jwt_expires_in", "1h", "Life of an access token, in whole seconds.")
        .env("JWT_EXPIRES_IN")
        .reloadable(),
    secret("auth.refresh_secret",
           "Key that signs refresh tokens; at least 32 bytes and another one than auth.jwt_secret. "
           "Required unless auth.keys_file or auth.public_key is given.")
        .env("JWT_REFRESH_SECRET")
        .reloadable(),
    path(
        "auth.keys_file",
        "Keys of tokens (JSON file, mode 0600) that can be rotated while the server runs; make and "
        "rotate it with: securechatd keys rotate FILE. The two secrets, when given as well, are "
        "then only for tokens without a kid.")
        .reloadable(),
    duration("auth.refresh_expires_in", "7d", "Life of a refresh token, in whole seconds.")
        .env("JWT_REFRESH_EXPIRES_IN")
        .reloadable(),
    number("auth.bcrypt_cost", "12", 4, 31,
           "Cost of a password hash; each step doubles its time. Below 10 needs "
           "auth.allow_weak_hash."),
    flag("auth.allow_weak_hash", "false", "Lets auth.bcrypt_cost go below 10; for tests only."),
    flag("auth.enumeration_safe", "off",
         "Answers a registration alike whether the address is free or not; a new account waits "
         "until the host, whose mail says which it was, enables it."),
    flag("auth.unique_usernames", "false",
         "Refuses a new user whose name another one has, in any case, spelling or spacing."),
    choice(
        "auth.password_policy", "tutorial", "tutorial|modern",
        "New passwords: tutorial asks for 8 characters, upper and lower case and a number; modern "
        "for 15 of any kind, and refuses common ones and those that are the user's name.")
        .reloadable(),
    secret(
        "auth.pepper",
        "Key outside of the database that goes into every password hash; at least 32 bytes, make "
        "one with: securechatd gen-secret. Without it no password made with it matches."),
    flag("auth.allow_lost_pepper", "false",
         "Starts although passwords were stored under another auth.pepper; they match nothing."),
    choice("auth.csrf", "off", "off|required", "Whether joining needs the session's CSRF token.")
        .reloadable(),
    flag("auth.cookies", "off",
         "Gives tokens to pages as cookies that no script can read, instead of in the answers; "
         "CSRF tokens are then required. For TLS, here or at a proxy of proxy.trusted."),
    choice("auth.refresh_rotation", "grace", "grace|strict",
           "strict: a refresh token is good once. grace: it may come again until a successor was "
           "used."),
    path("auth.public_key",
         "Public key of an external issuer (a PEM file), or all of its keys (a JWK Set file); its "
         "access tokens are then the only ones accepted; this server issues none and needs no "
         "secrets. Needs auth.algorithm.")
        .reloadable(),
    choice("auth.algorithm", "HS256", "HS256|RS256|ES256",
           "Signature of access tokens; RS256 and ES256 need auth.public_key."),
    text("auth.issuer", "securechat", "The iss claim that tokens carry."),
    text("auth.audience", "securechat", "The aud claim that tokens carry."),

    origins("origin.allowed",
            "Origins whose pages may connect, such as https://chat.example.com, separated by "
            "commas; empty: only pages from this server.")
        .env("ALLOWED_ORIGINS")
        .reloadable(),
    flag("origin.allow_missing", "false",
         "Lets clients in that send no Origin, such as native programs.")
        .reloadable(),
    flag("origin.strict", "off",
         "Answers a foreign Origin with HTTP 403 instead of INVALID_ORIGIN.")
        .reloadable(),

    number("limits.auth_attempts", "5", 1, kCount,
           "Registrations and logins per client address, and password changes per user, in "
           "limits.auth_window.")
        .reloadable(),
    duration("limits.auth_window", "15m", "Window of limits.auth_attempts.").reloadable(),
    number("limits.login_failures", "5", 0, kCount,
           "Failed logins in a row of one e-mail address, whether it is registered or not, after "
           "which each further one has to wait, twice as long every time; 0: none has to.")
        .reloadable(),
    duration("limits.login_delay", "15m",
             "Longest wait after limits.login_failures; after 100 failures in a row it is a day.")
        .reloadable(),
    flag("limits.login_spares_owner", "true",
         "Counts the logins of who sends a valid access token of the account for that session, so "
         "that others cannot lock the owner out.")
        .reloadable(),
    number("limits.connections", "10", 1, kCount,
           "Joins per client address in limits.connections_window, refused ones included.")
        .reloadable(),
    duration("limits.connections_window", "1m", "Window of limits.connections.").reloadable(),
    number("limits.messages", "30", 1, kCount, "Messages per user in limits.messages_window.")
        .reloadable(),
    duration("limits.messages_window", "1m", "Window of limits.messages.").reloadable(),
    number("limits.message_length", "500", 1, kCount,
           "Longest message, in UTF-16 units after trimming and escaping.")
        .reloadable(),
    number("limits.body", "10240", 64, kCount, "Largest HTTP request body, in bytes.").reloadable(),
    number("limits.payload", "1000000", 1024, 16 * kCount,
           "Largest WebSocket message or polling payload of a session, in bytes.")
        .reloadable(),
    number("limits.payload_unauthenticated", "16384", 512, kCount,
           "Largest payload before a session has joined, in bytes.")
        .reloadable(),
    duration("limits.auth_timeout", "10s",
             "Time from TCP accept to a joined namespace, then the connection is closed.")
        .reloadable(),
    number("limits.send_queue", "1048576", 1024, 1'073'741'824,
           "Bytes that may wait for one slow client, then limits.slow_consumer decides.")
        .reloadable(),
    choice("limits.slow_consumer", "close", "close|drop-new",
           "What happens at limits.send_queue: close the connection or drop what is new.")
        .reloadable(),
    duration("limits.write_deadline", "10s",
             "Time that a client may take to accept what is sent, then it is closed.")
        .reloadable(),
    number("limits.sockets_per_user", "16", 1, kCount,
           "Connections of one user at a time; the next one is refused.")
        .reloadable(),
    number("limits.sessions_per_user", "10", 1, kCount,
           "Logins of one user at a time; the next one ends the oldest.")
        .reloadable(),
    number("limits.max_connections", "0", 0, kCount,
           "Connections at a time; 0: what the limit of open files allows. securechatd sets that "
           "limit "
           "to what the number needs, which makes each close cheaper."),

    addresses("proxy.trusted",
              "Proxies whose X-Forwarded-For and -Proto are believed: addresses or blocks such as "
              "10.0.0.0/8, separated by commas."),

    text("engine.path", "/socket.io/", "Path of the Socket.IO endpoint."),
    duration("engine.ping_interval", "25s", "Time between two heartbeats."),
    duration("engine.ping_timeout", "20s", "Time that a client has to answer a heartbeat."),
    duration("engine.upgrade_timeout", "10s",
             "Time that the upgrade from polling to WebSocket may take."),
    list("engine.transports", "polling,websocket", "polling|websocket",
         "Engine.IO transports that are offered."),
    path("engine.client_dir",
         "Folder of the socket.io-client bundle (dist of npm's package), served below "
         "engine.path."),
    flag("engine.recovery", "on",
         "Connection state recovery: a client that comes back gets what it missed."),
    flag("engine.error_data", "on", "Whether connect_error carries data with a code."),

    text("chat.default_room", "lobby", "Room that every session joins; empty: none."),
    choice("chat.history", "durable", "durable|memory|off",
           "Where messages are kept: durable in the database, memory until the end of the process, "
           "off nowhere."),
    duration("chat.recovery_window", "2m", "How long a lost connection can be recovered."),
    flag("chat.auto_create_rooms", "true", "Whether joining an unknown room creates a public one."),

    path("http.static_dir", "Folder whose files are served at /."),
    text("health.path", "/healthz", "Path of the health answer."),
    text("metrics.path", "/metrics", "Path of the Prometheus metrics."),
    flag("metrics.public", "false",
         "Shows the metrics to every peer instead of loopback ones only."),

    duration("hooks.timeout", "5s",
             "Time that a deferred filter or hook has to answer, then the answer is no.")
        .unused(),
    choice("loop", "thread", "thread|manual|fd", "Who runs the event loop.").unused(),

    choice("log.level", "info", "error|warn|info|debug", "What is logged.").reloadable(),
    choice("log.format", "text", "text|json", "How a log line looks.").reloadable(),
    path("log.audit_file",
         "File that audit events are appended to; created with mode 0600. A reload opens it anew, "
         "for rotation.")
        .reloadable(),
    secret(
        "log.audit_key",
        "Key of the audit log's chain; at least 32 bytes. Without one the chain shows accidents, "
        "but anyone who may write the file can make a whole new chain."),
    flag("log.audit_truncate_addresses", "false",
         "Writes networks (/24, IPv6 /48) instead of addresses to the audit log."),
    flag(
        "process.dumpable", "true",
        "When off, no core dump is written and no debugger of the same user is let in: secrets are "
        "in memory. It is for securechatd; another host decides for its own process."),
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
