#pragma once

#include "base/status.h"
#include "net/loop.h"

struct lws_context_creation_info;
struct ssl_ctx_st;

namespace securechat::net {

// Loads certificate, key and client CA the way libwebsockets will, to say in words what is wrong
// with them; libwebsockets only fails.
Status check_tls_files(const TlsOptions& options);

// Names the files and ALPN in what the vhost is created from. `options` must outlive the vhost.
void apply_tls(const TlsOptions& options, lws_context_creation_info& info);

// Narrows the vhost's context to TLS 1.2 and 1.3 with forward secrecy. False when OpenSSL refuses.
bool harden_tls(ssl_ctx_st* context);

// `on_fault`, which outlives the context, hears of the handshakes that fail.
void watch_handshakes(ssl_ctx_st* context, const TlsFaultHandler& on_fault);

}  // namespace securechat::net
