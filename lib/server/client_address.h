#pragma once

#include <vector>

#include "base/ip_address.h"
#include "net/request.h"

namespace securechat::server {

// Who a request comes from. X-Forwarded-For is believed only from a trusted proxy: then the
// right-most address that is not itself a trusted proxy. A malformed list falls back to the peer.
[[nodiscard]] IpAddress client_address(const net::RequestHead& head,
                                       const std::vector<Cidr>& trusted);
// Whether the client's side of a request is TLS: here, or at a trusted proxy that says so
// (X-Forwarded-Proto).
[[nodiscard]] bool client_uses_tls(const net::RequestHead& head, const std::vector<Cidr>& trusted);

}  // namespace securechat::server
