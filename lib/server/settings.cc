#include "server/settings.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "server/keyring.h"

namespace securechat::server {
namespace {

LogLevel parse_log_level(std::string_view name) {
  if (name == "error") return LogLevel::kError;
  if (name == "warn") return LogLevel::kWarn;
  if (name == "debug") return LogLevel::kDebug;
  return LogLevel::kInfo;
}

RateSetting rate(const Config& config, std::string_view limit, std::string_view window) {
  return {config.integer(limit), config.duration_ms(window)};
}

std::size_t size(const Config& config, std::string_view key) {
  return static_cast<std::size_t>(config.integer(key));
}

net::LoopOptions loop_options(const Config& config) {
  net::LoopOptions loop;
  loop.tls.cert_path = config.text("tls.cert");
  loop.tls.key_path = config.text("tls.key");
  loop.tls.client_ca_path = config.text("tls.client_ca");
  loop.limits.head_timeout_ms = config.duration_ms("limits.auth_timeout");
  loop.limits.idle_timeout_ms = config.duration_ms("limits.auth_timeout");
  loop.limits.write_deadline_ms = config.duration_ms("limits.write_deadline");
  loop.limits.send_queue = size(config, "limits.send_queue");
  loop.limits.slow_consumer = config.text("limits.slow_consumer") == "drop-new"
                                  ? net::SlowConsumerPolicy::kDropNew
                                  : net::SlowConsumerPolicy::kClose;
  loop.limits.max_connections = size(config, "limits.max_connections");
  // On a plain listener that is not loopback, upgrade-insecure-requests would make browsers ask for
  // the page's own files over an https that is not there.
  const std::optional<IpAddress> host = IpAddress::parse(config.text("listen.host"));
  const bool loopback = config.text("listen.host") == "localhost" || (host && host->is_loopback());
  loop.common_headers = security_headers(loop.tls.enabled(), loop.tls.enabled() || loopback);
  return loop;
}

connection::ConnectionOptions connection_options(const Config& config) {
  connection::ConnectionOptions connection;
  connection.ping_interval_ms = config.duration_ms("engine.ping_interval");
  connection.ping_timeout_ms = config.duration_ms("engine.ping_timeout");
  connection.auth_timeout_ms = config.duration_ms("limits.auth_timeout");
  connection.payload_limit = size(config, "limits.payload");
  connection.payload_unauthenticated = size(config, "limits.payload_unauthenticated");
  connection.error_data = config.flag("engine.error_data");
  return connection;
}

connection::EngineOptions engine_options(const Config& config) {
  connection::EngineOptions engine;
  engine.ping_interval_ms = config.duration_ms("engine.ping_interval");
  engine.ping_timeout_ms = config.duration_ms("engine.ping_timeout");
  engine.upgrade_timeout_ms = config.duration_ms("engine.upgrade_timeout");
  engine.max_payload = size(config, "limits.payload");
  engine.payload_limit = size(config, "limits.payload_unauthenticated");
  engine.send_queue = size(config, "limits.send_queue");
  engine.drop_over_queue = config.text("limits.slow_consumer") == "drop-new";
  return engine;
}

chat::ChatOptions chat_options(const Config& config) {
  chat::ChatOptions chat;
  chat.default_room = config.text("chat.default_room");
  chat.auto_create_rooms = config.flag("chat.auto_create_rooms");
  // Without messages there is nothing to be given again.
  chat.recovery = config.flag("engine.recovery") && config.text("chat.history") != "off";
  chat.message_length = config.integer("limits.message_length");
  constexpr std::size_t kPacketsBesides = 1'000;
  constexpr std::size_t kPayloads = 16;
  chat.packets_per_window = kPacketsBesides + size(config, "limits.messages");
  chat.bytes_per_window = kPayloads * size(config, "limits.payload");
  chat.sockets_per_user = size(config, "limits.sockets_per_user");
  return chat;
}

auth::ChainPolicy chain_policy(const Config& config) {
  auth::ChainPolicy chain;
  chain.origin.allowed = config.list("origin.allowed");
  chain.origin.allow_missing = config.flag("origin.allow_missing");
  chain.origin.strict = config.flag("origin.strict");
  chain.csrf_required = config.text("auth.csrf") == "required";
  chain.cookies = config.flag("auth.cookies");
  chain.origin.credentials = chain.cookies;
  return chain;
}

auth::ThrottleLimits throttle_limits(const Config& config) {
  auth::ThrottleLimits limits;
  limits.account_failures = config.integer("limits.login_failures");
  // An address may fail as often as it may try, when that is more: many may share it.
  limits.address_failures =
      limits.account_failures == 0
          ? 0
          : std::max(limits.account_failures, config.integer("limits.auth_attempts"));
  limits.longest_delay_ms = config.duration_ms("limits.login_delay");
  return limits;
}

auth::PasswordRules password_rules(const Config& config) {
  auth::PasswordRules rules;
  if (config.text("auth.password_policy") == "modern") rules.policy = auth::PasswordPolicy::kModern;
  const Secret pepper = Secret::take(config.text("auth.pepper"));
  if (!pepper.empty()) rules.max_bytes = auth::kMaxPepperedBytes;
  return rules;
}

}  // namespace

Result<Settings> Settings::from(const Config& config) {
  if (Status valid = config.validate(); !valid.ok()) return valid;
  Settings settings;
  Result<std::shared_ptr<const auth::Keyring>> keyring = make_keyring(config);
  if (!keyring.ok()) return keyring.status();
  settings.keyring = std::move(*keyring);
  settings.host = config.text("listen.host");
  settings.port = static_cast<std::uint16_t>(config.integer("listen.port"));
  settings.threads = size(config, "listen.threads");
  settings.database_path = config.text("db.path");
  settings.bcrypt_cost = static_cast<int>(config.integer("auth.bcrypt_cost"));
  settings.loop = loop_options(config);
  settings.connection = connection_options(config);
  settings.engine = engine_options(config);
  settings.engine_transports = config.list("engine.transports");
  settings.chat = chat_options(config);
  settings.chat_history = config.text("chat.history");
  settings.recovery_window_ms = config.duration_ms("chat.recovery_window");
  settings.chain = chain_policy(config);
  settings.accounts.rotation = config.text("auth.refresh_rotation") == "strict"
                                   ? auth::RefreshRotation::kStrict
                                   : auth::RefreshRotation::kGrace;
  settings.accounts.sessions_per_user = size(config, "limits.sessions_per_user");
  if (Secret pepper = Secret::take(config.text("auth.pepper")); !pepper.empty()) {
    Result<std::shared_ptr<const auth::Pepper>> made = auth::Pepper::create(std::move(pepper));
    if (!made.ok()) return made.status();
    settings.pepper = std::move(*made);
  }
  settings.allow_lost_pepper = config.flag("auth.allow_lost_pepper");
  settings.accounts.passwords = password_rules(config);
  settings.accounts.throttle = throttle_limits(config);
  settings.accounts.enumeration_safe = config.flag("auth.enumeration_safe");
  settings.accounts.unique_usernames = config.flag("auth.unique_usernames");
  settings.accounts.spare_owner = config.flag("limits.login_spares_owner");
  settings.auth_rate = rate(config, "limits.auth_attempts", "limits.auth_window");
  settings.connection_rate = rate(config, "limits.connections", "limits.connections_window");
  settings.message_rate = rate(config, "limits.messages", "limits.messages_window");
  settings.body_limit = size(config, "limits.body");
  settings.payload_unauthenticated = size(config, "limits.payload_unauthenticated");
  for (const std::string& text : config.list("proxy.trusted")) {
    const std::optional<Cidr> block = Cidr::parse(text);
    if (!block) return Status(Code::kInvalid, "proxy.trusted: \"" + text + "\" is not a CIDR");
    settings.trusted_proxies.push_back(*block);
  }
  settings.loop.limits.shared_addresses = settings.trusted_proxies;
  settings.client_identity = config.text("tls.client_identity") != "off";
  settings.engine_path = config.text("engine.path");
  settings.engine_client_dir = config.text("engine.client_dir");
  settings.health_path = config.text("health.path");
  settings.metrics_path = config.text("metrics.path");
  settings.metrics_public = config.flag("metrics.public");
  settings.static_dir = config.text("http.static_dir");
  settings.log_level = parse_log_level(config.text("log.level"));
  settings.log_format = config.text("log.format") == "json" ? LogFormat::kJson : LogFormat::kText;
  settings.audit_file = config.text("log.audit_file");
  settings.audit_truncate = config.flag("log.audit_truncate_addresses");
  return settings;
}

std::vector<std::pair<std::string, std::string>> security_headers(bool tls, bool upgrade_insecure) {
  std::string policy =
      "default-src 'self';base-uri 'self';font-src 'self' https: data:;form-action 'self';"
      "frame-ancestors 'self';img-src 'self' data:;object-src 'none';script-src 'self';"
      "script-src-attr 'none';style-src 'self' https: 'unsafe-inline'";
  if (upgrade_insecure) policy += ";upgrade-insecure-requests";
  std::vector<std::pair<std::string, std::string>> headers{
      {"Content-Security-Policy", std::move(policy)},
      {"Cross-Origin-Opener-Policy", "same-origin"},
      {"Cross-Origin-Resource-Policy", "same-origin"},
      {"Origin-Agent-Cluster", "?1"},
      {"Referrer-Policy", "no-referrer"},
      {"X-Content-Type-Options", "nosniff"},
      {"X-DNS-Prefetch-Control", "off"},
      {"X-Download-Options", "noopen"},
      {"X-Frame-Options", "SAMEORIGIN"},
      {"X-Permitted-Cross-Domain-Policies", "none"},
      {"X-XSS-Protection", "0"},
  };
  if (tls) {
    headers.emplace_back("Strict-Transport-Security", "max-age=31536000; includeSubDomains");
  }
  return headers;
}

}  // namespace securechat::server
