#pragma once

#include <cstdint>
#include <optional>
#include <string>

struct ssl_st;

namespace securechat::net {

// Whom a client certificate names, once OpenSSL has verified it against tls.client_ca.
struct PeerCertificate {
  std::string
      common_name;    // UTF-8 as the certificate has it; the most specific, empty without one.
  std::string email;  // The first rfc822Name of its subjectAltName (RFC 5280, 4.2.1.6).
  // SHA-256 of issuer and subject as they are encoded, hex: the same for the certificate by which
  // the same authority renews this one.
  std::string digest;
  std::int64_t expires_at_s = 0;
};

// The certificate of the other end of a connection; nothing when it showed none, or one that is not
// verified.
[[nodiscard]] std::optional<PeerCertificate> peer_certificate(ssl_st* connection);

}  // namespace securechat::net
