#pragma once

#include <memory>
#include <string>
#include <vector>

#include "auth/accounts.h"
#include "auth/filter_chain.h"
#include "base/ip_address.h"
#include "base/log.h"
#include "base/status.h"
#include "chat/environment.h"
#include "connection/connection.h"
#include "connection/engine_session.h"
#include "net/loop.h"
#include "server/config.h"

namespace securechat::server {

struct RateSetting {
  std::int64_t limit = 0;
  std::int64_t window_ms = 0;
};

// The configuration as the parts of the server take it: the only place that knows which option
// goes where. Made anew when the configuration is reloaded.
struct Settings {
  std::string host;
  std::uint16_t port = 0;
  std::size_t threads = 1;  // Event-loop shards.
  std::string database_path;
  int bcrypt_cost = 12;
  std::shared_ptr<const auth::Pepper> pepper;  // Null when there is none.
  bool allow_lost_pepper = false;
  net::LoopOptions loop;
  connection::ConnectionOptions connection;
  connection::EngineOptions engine;
  std::vector<std::string> engine_transports;
  chat::ChatOptions chat;
  std::int64_t recovery_window_ms = 120'000;
  std::string chat_history;  // "durable", "memory" or "off".
  auth::ChainPolicy chain;
  auth::AccountOptions accounts;
  std::shared_ptr<const auth::Keyring> keyring;
  RateSetting auth_rate;
  RateSetting connection_rate;
  RateSetting message_rate;
  std::size_t body_limit = 10'240;
  std::size_t payload_unauthenticated = 16'384;
  std::vector<Cidr> trusted_proxies;
  bool client_identity = false;  // A client certificate says who a peer is.
  std::string engine_path;
  std::string engine_client_dir;
  std::string health_path;
  std::string metrics_path;
  bool metrics_public = false;
  std::string static_dir;
  LogLevel log_level = LogLevel::kInfo;
  LogFormat log_format = LogFormat::kText;
  std::string audit_file;
  bool audit_truncate = false;

  // kInvalid names the option and the cure.
  static Result<Settings> from(const Config& config);
};

// What every answer of every kind carries (helmet's set). `upgrade_insecure`
// adds helmet's upgrade-insecure-requests to the policy.
[[nodiscard]] std::vector<std::pair<std::string, std::string>> security_headers(
    bool tls, bool upgrade_insecure);

}  // namespace securechat::server
