#include "net/tls.h"

#include <libwebsockets.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include <optional>

#include "net/tls_identity.h"
#include "net/wire.h"

namespace securechat::net {

namespace {

constexpr const char* kCiphers = "ECDHE+AESGCM:ECDHE+CHACHA20:!aNULL:!SHA1";
constexpr const char* kGroups = "X25519:P-256:P-384";

// See TlsFault::counts.
bool counts(unsigned long error) {
  if (ERR_GET_LIB(error) != ERR_LIB_SSL) return true;
  const int reason = ERR_GET_REASON(error);
  const bool free = reason == SSL_R_HTTP_REQUEST || reason == SSL_R_HTTPS_PROXY_REQUEST ||
                    reason == SSL_R_WRONG_VERSION_NUMBER || reason == SSL_R_UNSUPPORTED_PROTOCOL;
  // Above the offset are the alerts that the peer sent.
  return !free && reason < SSL_AD_REASON_OFFSET;
}

// Runs in OpenSSL at each end of a step. A handshake that only waits for bytes leaves no error
// behind.
void on_handshake_step(const SSL* ssl, int where, int result) {
  if ((where & SSL_CB_ACCEPT_EXIT) != SSL_CB_ACCEPT_EXIT || result > 0) return;
  const unsigned long error = ERR_peek_last_error();
  if (error == 0) return;
  const auto* const on_fault =
      static_cast<const TlsFaultHandler*>(SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl)));
  const std::optional<IpAddress> peer = connected_address(SSL_get_fd(ssl));
  const char* const reason = ERR_reason_error_string(error);
  if (on_fault != nullptr && *on_fault && peer) {
    (*on_fault)({*peer, reason == nullptr ? "unknown reason" : reason, counts(error)});
  }
}

// OpenSSL's answers: 1 goes on, 0 ends the handshake. The version is known by now, and the ticket
// comes later. A ticket of TLS 1.2 holds the very secret of its connection, so that who gets the
// ticket key, which lives as long as the process, could read what was recorded. In TLS 1.3 a
// session that is resumed makes new keys by (EC)DHE.
int on_certificate_due(SSL* ssl, void* slot) {
  if (SSL_version(ssl) < TLS1_3_VERSION) SSL_set_options(ssl, SSL_OP_NO_TICKET);
  const TlsIdentitySlot& identity = *static_cast<const TlsIdentitySlot*>(slot);
  return identity && identity->present(ssl) ? 1 : 0;
}

}  // namespace

void apply_tls(const TlsOptions& options, lws_context_creation_info& info) {
  if (!options.enabled()) return;
  // libwebsockets makes a context for clients, too, and would read the system's authorities for it:
  // 700 KiB for nobody.
  info.options |= LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT | LWS_SERVER_OPTION_CREATE_VHOST_SSL_CTX |
                  LWS_SERVER_OPTION_DISABLE_OS_CA_CERTS;
  info.alpn = "http/1.1";
}

bool harden_tls(ssl_ctx_st* context) {
  SSL_CTX_set_options(
      context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE);
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_NO_AUTO_CHAIN);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);  // Tickets: peers keep sessions.
  const bool done = SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) == 1 &&
                    SSL_CTX_set_cipher_list(context, kCiphers) == 1 &&
                    SSL_CTX_set1_groups_list(context, kGroups) == 1 &&
                    SSL_CTX_set_max_early_data(context, 0) == 1;
  ERR_clear_error();
  return done;
}

void present_identity(ssl_ctx_st* context, TlsIdentitySlot& identity) {
  SSL_CTX_set_cert_cb(context, on_certificate_due, &identity);
}

void watch_handshakes(ssl_ctx_st* context, const TlsFaultHandler& on_fault) {
  // SSL_CTX_set_app_data without its cast from const.
  SSL_CTX_set_ex_data(context, 0, const_cast<TlsFaultHandler*>(&on_fault));
  SSL_CTX_set_info_callback(context, on_handshake_step);
}

}  // namespace securechat::net
