#include "net/tls.h"

#include <libwebsockets.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/stat.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <memory>
#include <optional>
#include <string>

#include "net/wire.h"

namespace securechat::net {

namespace {

constexpr const char* kCiphers = "ECDHE+AESGCM:ECDHE+CHACHA20:!aNULL:!SHA1";
constexpr const char* kGroups = "X25519:P-256:P-384";

std::string openssl_reason() {
  const unsigned long code = ERR_peek_last_error();
  std::array<char, 256> text;
  ERR_error_string_n(code, text.data(), text.size());
  ERR_clear_error();
  return code == 0 ? "unknown reason" : text.data();
}

Status refuse(const std::string& option, const std::string& path, const std::string& reason) {
  return {Code::kTls, option + " \"" + path + "\": " + reason};
}

Status check_key_file(const std::string& path) {
  struct stat file = {};
  if (::stat(path.c_str(), &file) != 0) return refuse("tls.key", path, std::strerror(errno));
  if ((file.st_mode & (S_IROTH | S_IWOTH)) != 0) {
    return refuse("tls.key", path, "everyone may read or write it; run chmod 600 on it");
  }
  return {};
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
    (*on_fault)(*peer, reason == nullptr ? "unknown reason" : reason);
  }
}

}  // namespace

Status check_tls_files(const TlsOptions& options) {
  if (!options.enabled()) return {};
  if (options.key_path.empty()) {
    return {Code::kTls, "tls.cert is set but tls.key is not; name the key's PEM file"};
  }
  if (Status status = check_key_file(options.key_path); !status.ok()) return status;
  const std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context(SSL_CTX_new(TLS_server_method()),
                                                                  SSL_CTX_free);
  if (!context) return {Code::kNoMemory, "OpenSSL has no memory for a context"};
  ERR_clear_error();
  if (SSL_CTX_use_certificate_chain_file(context.get(), options.cert_path.c_str()) != 1) {
    return refuse("tls.cert", options.cert_path, openssl_reason());
  }
  if (SSL_CTX_use_PrivateKey_file(context.get(), options.key_path.c_str(), SSL_FILETYPE_PEM) != 1) {
    return refuse("tls.key", options.key_path, openssl_reason());
  }
  if (SSL_CTX_check_private_key(context.get()) != 1) {
    return refuse("tls.key", options.key_path, "it is not the key of tls.cert");
  }
  if (!options.client_ca_path.empty() &&
      SSL_CTX_load_verify_locations(context.get(), options.client_ca_path.c_str(), nullptr) != 1) {
    return refuse("tls.client_ca", options.client_ca_path, openssl_reason());
  }
  return {};
}

void apply_tls(const TlsOptions& options, lws_context_creation_info& info) {
  if (!options.enabled()) return;
  info.options |= LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT;
  info.alpn = "http/1.1";
  info.ssl_cert_filepath = options.cert_path.c_str();
  info.ssl_private_key_filepath = options.key_path.c_str();
  if (!options.client_ca_path.empty()) {
    info.ssl_ca_filepath = options.client_ca_path.c_str();
    info.options |= LWS_SERVER_OPTION_REQUIRE_VALID_OPENSSL_CLIENT_CERT;
  }
}

bool harden_tls(ssl_ctx_st* context) {
  SSL_CTX_set_options(
      context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE);
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
  const bool done = SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) == 1 &&
                    SSL_CTX_set_cipher_list(context, kCiphers) == 1 &&
                    SSL_CTX_set1_groups_list(context, kGroups) == 1 &&
                    SSL_CTX_set_max_early_data(context, 0) == 1;
  ERR_clear_error();
  return done;
}

void watch_handshakes(ssl_ctx_st* context, const TlsFaultHandler& on_fault) {
  // SSL_CTX_set_app_data without its cast from const.
  SSL_CTX_set_ex_data(context, 0, const_cast<TlsFaultHandler*>(&on_fault));
  SSL_CTX_set_info_callback(context, on_handshake_step);
}

}  // namespace securechat::net
