#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "auth/fault.h"
#include "auth/principal.h"
#include "base/ip_address.h"

namespace securechat::auth {

enum class Stage { kUpgrade, kJoin };
// The values are those of the public SECURECHAT_VERDICT_* constants.
enum class Verdict : std::int32_t { kNext = 0, kAllow = 1, kDeny = 2, kDefer = 3 };

// Looks up a header of the request that began the connection, by lower-case name.
class HeaderSource {
 public:
  virtual ~HeaderSource() = default;
  [[nodiscard]] virtual std::optional<std::string_view> header(std::string_view name) const = 0;
};

// One peer that asks to be let in: first at the HTTP handshake (kUpgrade), then for each namespace
// (kJoin). Filters read it and leave their verdict in it. It lives on its shard's thread.
struct Handshake {
  Stage stage = Stage::kUpgrade;
  const HeaderSource* headers = nullptr;
  // Keeps `headers` alive where the handshake may outlive its connection: a join that waits for
  // storage is judged even when the peer has gone meanwhile.
  std::shared_ptr<const HeaderSource> headers_owner;
  IpAddress address;  // After trusted proxies.
  bool tls = false;
  std::string path;
  std::string query;
  std::string transport;  // "websocket" or "polling".
  std::string nsp;        // kJoin only.
  std::string auth;       // kJoin only: the auth object as JSON text, or empty.
  std::string token;      // From the auth object, else Authorization: Bearer, else a cookie.
  std::string csrf_token;
  bool bearer_header = false;  // The HTTP request carried Authorization: Bearer.
  // The token came by itself, with the browser's cookies: the CSRF token has to show that a page of
  // this site asked.
  bool token_from_cookie = false;

  // The principal is whom a client certificate names.
  bool certificate = false;

  // Decided at kUpgrade, reported at kJoin in the order of docs/protocol.md.
  Fault origin_fault = Fault::kNone;
  // The origin that the peer counts as: its Origin header, or the page's own that a browser does
  // not name on a same-origin GET. Empty when there is none. Filled at kUpgrade.
  std::string origin;

  std::optional<Principal> principal;
  bool principal_from_host = false;

  // The refusal, when a filter denied.
  int http_status = 403;
  std::string public_reason;
};

}  // namespace securechat::auth
