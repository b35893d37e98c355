#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/status.h"
#include "net/loop.h"

struct ssl_ctx_st;
struct ssl_st;

namespace securechat::net {

// Who the server is under TLS, and whose clients it believes: certificate, chain and key, the
// client CA with its revocation lists, and the key of session tickets, as they were loaded at one
// moment. Immutable; the loops of a server share one, so that a session is resumed on any of them.
class TlsIdentity {
 public:
  // Reads the files of `options`. kTls names the option, the file and what is wrong with it:
  // besides what cannot be read, a key that everyone may read, that needs a passphrase, that is too
  // weak (RSA under 2048 bits) or not the certificate's.
  static Result<std::shared_ptr<const TlsIdentity>> load(const TlsOptions& options);
  virtual ~TlsIdentity() = default;

  // Client CA and tickets of the connections that begin from now on; on the thread that the context
  // belongs to. False when OpenSSL has no memory.
  [[nodiscard]] virtual bool configure(ssl_ctx_st* context) const = 0;
  // Gives its certificate to one connection, in the middle of the handshake.
  [[nodiscard]] virtual bool present(ssl_st* connection) const = 0;
  // Of what tls.client_ca held, authorities and revocation lists; empty when nobody is asked for a
  // certificate. Another one: certificates that were verified before are to be verified anew.
  [[nodiscard]] virtual const std::string& client_ca_digest() const = 0;
  // When the certificate ends, in seconds since 1970.
  [[nodiscard]] virtual std::int64_t expires_at_s() const = 0;
};

}  // namespace securechat::net
