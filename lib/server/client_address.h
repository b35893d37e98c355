#pragma once

#include <vector>

#include "base/ip_address.h"
#include "net/request.h"

namespace securechat::server {

// Whether the TCP peer of a request is a proxy whose headers are believed.
[[nodiscard]] bool from_trusted_proxy(const net::RequestHead& head,
                                      const std::vector<Cidr>& trusted);
// Who a request comes from. X-Forwarded-For is believed only from a trusted proxy: then the
// right-most address that is not itself a trusted proxy. Where that is a loopback address, which is
// one of another machine, or the list is malformed, it is the proxy's.
[[nodiscard]] IpAddress client_address(const net::RequestHead& head,
                                       const std::vector<Cidr>& trusted);
// Whether a request comes from this machine itself. One that a trusted proxy forwarded for somebody
// does not, whatever it says of whom.
[[nodiscard]] bool comes_from_loopback(const net::RequestHead& head,
                                       const std::vector<Cidr>& trusted);
// Whether the client's side of a request is TLS: here, or at a trusted proxy that says so
// (X-Forwarded-Proto).
[[nodiscard]] bool client_uses_tls(const net::RequestHead& head, const std::vector<Cidr>& trusted);

// Whom the certificate of a request names, if it is the client's own: a trusted proxy's is the
// proxy's.
[[nodiscard]] const net::PeerCertificate* client_certificate(const net::RequestHead& head,
                                                             const std::vector<Cidr>& trusted);

}  // namespace securechat::server
