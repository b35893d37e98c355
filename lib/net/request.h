#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/ip_address.h"
#include "net/peer_certificate.h"

namespace securechat::net {

// The head of an HTTP request, copied out of libwebsockets, whose own copy is gone once the
// handshake is over. Values keep every byte the peer sent, NUL included; compare whole values.
struct RequestHead {
  std::string method;  // "GET"
  std::string path;    // Without the query; percent-decoded and normalised.
  std::string query;   // Raw, without '?'; empty when there is none.
  IpAddress peer;      // The TCP peer, before any forwarding header is believed.
  bool tls = false;
  std::optional<PeerCertificate> certificate;  // Of a client that showed a good one.
  std::int64_t accepted_at_ms = 0;             // When the TCP connection was accepted, monotonic.
  // Lower-case names without the colon, values trimmed of nothing. A header that came twice is one
  // value joined by a comma for those libwebsockets knows.
  std::vector<std::pair<std::string, std::string>> headers;

  std::vector<std::string> repeated;  // Names of headers that came more than once.

  [[nodiscard]] std::optional<std::string_view> header(std::string_view lower_case_name) const;
  // A header that came once. Of several it is not known which one counts for whoever wrote them.
  [[nodiscard]] std::optional<std::string_view> sole_header(std::string_view lower_case_name) const;
};

struct HttpResponse {
  int status = 200;
  std::string content_type;  // Empty when there is no body.
  std::string body;
  // Further headers, "Name" and value. The headers that every answer carries, Content-Length and
  // Connection are added below.
  std::vector<std::pair<std::string, std::string>> headers;
  bool close = false;  // Ends the connection after the answer.
};

}  // namespace securechat::net
