#pragma once

#include <memory>

#include "net/loop.h"

struct lws_context_creation_info;
struct ssl_ctx_st;

namespace securechat::net {

// Where a context finds the identity that its next connection presents.
using TlsIdentitySlot = std::shared_ptr<const TlsIdentity>;

// Asks for a context and for ALPN in what the vhost is created from; what certificate there is, is
// decided for each connection.
void apply_tls(const TlsOptions& options, lws_context_creation_info& info);

// Narrows the vhost's context to TLS 1.2 and 1.3 with forward secrecy. False when OpenSSL refuses.
bool harden_tls(ssl_ctx_st* context);

// Handshakes present what is in `identity` at that moment. It outlives the context and belongs to
// its thread. Tickets are for TLS 1.3 only.
void present_identity(ssl_ctx_st* context, TlsIdentitySlot& identity);

// `on_fault`, which outlives the context, hears of the handshakes that fail.
void watch_handshakes(ssl_ctx_st* context, const TlsFaultHandler& on_fault);

}  // namespace securechat::net
