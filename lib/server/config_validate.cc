#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include "auth/token_keys.h"
#include "base/ip_address.h"
#include "base/secret.h"
#include "server/config.h"

namespace securechat::server {
namespace {

Status refuse(std::string_view key, std::string_view why) {
  return {Code::kInvalid, std::string(key) + " " + std::string(why)};
}

Status check_secrets(const Config& config) {
  Secret access = Secret::take(config.text("auth.jwt_secret"));
  Secret refresh = Secret::take(config.text("auth.refresh_secret"));
  const bool required =
      config.text("auth.public_key").empty() && config.text("auth.keys_file").empty();
  Secret audit = Secret::take(config.text("log.audit_key"));
  if (!audit.empty()) {
    if (Status s = auth::check_secret("log.audit_key", audit.view()); !s.ok()) return s;
    if (constant_time_equal(audit.view(), access.view()) ||
        constant_time_equal(audit.view(), refresh.view())) {
      return refuse("log.audit_key",
                    "is the key of tokens, too; give it its own; make one with: securechatd "
                    "gen-secret");
    }
  }
  for (const auto& [key, secret] :
       {std::pair("auth.jwt_secret", &access), std::pair("auth.refresh_secret", &refresh)}) {
    if (!required && secret->empty()) continue;
    if (Status s = auth::check_secret(key, secret->view()); !s.ok()) return s;
  }
  if (!access.empty() && constant_time_equal(access.view(), refresh.view())) {
    return refuse("auth.jwt_secret",
                  "and auth.refresh_secret are equal; give each its own; make one with: "
                  "securechatd gen-secret");
  }
  Secret pepper = Secret::take(config.text("auth.pepper"));
  if (pepper.empty()) return {};
  if (Status s = auth::check_secret("auth.pepper", pepper.view()); !s.ok()) return s;
  if (constant_time_equal(pepper.view(), access.view()) ||
      constant_time_equal(pepper.view(), refresh.view()) ||
      constant_time_equal(pepper.view(), audit.view())) {
    return refuse("auth.pepper",
                  "is also another option's secret; give it its own; make one with: securechatd "
                  "gen-secret");
  }
  return {};
}

Status check_readable(std::string_view key, const std::string& path) {
  if (path.empty() || ::access(path.c_str(), R_OK) == 0) return {};
  return refuse(key, "names " + path + ", which cannot be read (" +
                         std::generic_category().message(errno) +
                         "); correct the path or its permissions");
}

Status check_directory(std::string_view key, const std::string& path) {
  struct stat info {};
  if (path.empty()) return {};
  if (Status status = check_readable(key, path); !status.ok()) return status;
  if (::stat(path.c_str(), &info) == 0 && S_ISDIR(info.st_mode)) return {};
  return refuse(key, "names " + path + ", which is not a folder");
}

Status check_tls(const Config& config) {
  const std::string cert = config.text("tls.cert");
  const std::string key = config.text("tls.key");
  const std::string client_ca = config.text("tls.client_ca");
  if (cert.empty() && !key.empty())
    return refuse("tls.key", "is given without tls.cert; give both");
  if (key.empty() && !cert.empty())
    return refuse("tls.cert", "is given without tls.key; give both");
  if (cert.empty() && !client_ca.empty()) {
    return refuse("tls.client_ca", "is given without tls.cert and tls.key; give all three");
  }
  if (client_ca.empty() && config.text("tls.client_identity") != "off") {
    return refuse("tls.client_identity", "needs tls.client_ca, whose certificates it believes");
  }
  if (Status s = check_readable("tls.cert", cert); !s.ok()) return s;
  if (Status s = check_readable("tls.key", key); !s.ok()) return s;
  if (Status s = check_readable("tls.client_ca", client_ca); !s.ok()) return s;
  struct stat info {};
  if (!key.empty() && ::stat(key.c_str(), &info) == 0 &&
      (info.st_mode & (S_IROTH | S_IWOTH)) != 0) {
    return refuse(
        "tls.key",
        "names " + key + ", which everyone may read or write; protect it with: chmod 600 " + key);
  }
  return {};
}

Status check_auth(const Config& config) {
  const std::string public_key = config.text("auth.public_key");
  const bool symmetric = config.text("auth.algorithm") == "HS256";
  if (!public_key.empty() && symmetric) {
    return refuse("auth.algorithm", "must be RS256 or ES256 when auth.public_key is given");
  }
  if (public_key.empty() && !symmetric) {
    return refuse("auth.public_key",
                  "is missing; " + config.text("auth.algorithm") +
                      " needs the issuer's public key (a PEM file) or keys (a JWK Set file)");
  }
  if (Status s = check_readable("auth.public_key", public_key); !s.ok()) return s;
  const std::string keys_file = config.text("auth.keys_file");
  if (!keys_file.empty() && !public_key.empty()) {
    return refuse("auth.keys_file",
                  "does not go with auth.public_key, whose issuer signs all tokens; leave one out");
  }
  if (Status s = check_readable("auth.keys_file", keys_file); !s.ok()) return s;
  if (config.integer("auth.bcrypt_cost") < 10 && !config.flag("auth.allow_weak_hash")) {
    return refuse("auth.bcrypt_cost",
                  "is below 10; raise it, or set auth.allow_weak_hash=true for tests");
  }
  if (config.flag("auth.enumeration_safe") && config.flag("auth.unique_usernames")) {
    return refuse("auth.enumeration_safe",
                  "and auth.unique_usernames exclude each other: a name that is taken would tell "
                  "that the address is not; use one of the two");
  }
  for (const std::string_view key : {"auth.issuer", "auth.audience"}) {
    if (config.text(key).empty()) return refuse(key, "is empty; give a name or leave it out");
  }
  return check_secrets(config);
}

bool listens_on_loopback(const Config& config) {
  const std::optional<IpAddress> host = IpAddress::parse(config.text("listen.host"));
  return host && host->is_loopback();
}

// Browsers send Secure cookies over TLS and to loopback only: elsewhere everybody would log in and
// be a stranger again.
Status check_cookies(const Config& config) {
  if (!config.flag("auth.cookies")) return {};
  if (!config.text("auth.public_key").empty()) {
    return refuse("auth.cookies",
                  "needs logins of this server, and auth.public_key leaves them to another issuer; "
                  "use one of the two");
  }
  if (!config.text("tls.cert").empty() || !config.list("proxy.trusted").empty() ||
      listens_on_loopback(config)) {
    return {};
  }
  return refuse("auth.cookies",
                "needs TLS, without which browsers send no Secure cookies; give tls.cert and "
                "tls.key, or name the proxy that speaks TLS in proxy.trusted");
}

}  // namespace

Status Config::validate() const {
  if (text("db.path").empty()) {
    return refuse("db.path", "is empty; give a file, or :memory: to keep nothing");
  }
  if (Status s = check_tls(*this); !s.ok()) return s;
  if (Status s = check_auth(*this); !s.ok()) return s;
  if (Status s = check_cookies(*this); !s.ok()) return s;
  for (const std::string_view key : {"http.static_dir", "engine.client_dir"}) {
    if (Status s = check_directory(key, text(key)); !s.ok()) return s;
  }
  return {};
}

std::vector<std::string> Config::warnings() const {
  std::vector<std::string> sentences;
  const bool plain = text("tls.cert").empty();
  if (plain && !listens_on_loopback(*this)) {
    sentences.push_back("listen.host " + text("listen.host") +
                        " is reachable from other machines over plain HTTP; give tls.cert and "
                        "tls.key, or listen on 127.0.0.1 behind a proxy that speaks TLS");
  }
  if (plain && flag("auth.cookies") && list("proxy.trusted").empty()) {
    sentences.push_back(
        "auth.cookies is on without TLS: some browsers (Safari) keep no Secure cookies even of "
        "http://localhost; name the proxy that speaks TLS in proxy.trusted");
  }
  for (const std::string& key : without_effect()) {
    sentences.push_back(key + " is set, but has no effect in this version");
  }
  return sentences;
}

}  // namespace securechat::server
