#pragma once

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "net/client.h"

namespace securechat::net {

// A self-signed certificate in files that go away with it.
class Certificate {
 public:
  // `key` becomes the certificate's.
  explicit Certificate(EVP_PKEY* key = EVP_EC_gen("P-256"), long serial = 1,
                       const std::string& name_in = "localhost", const std::string& email = "") {
    char name[] = "/tmp/securechat-tls-XXXXXX";
    directory_ = ::mkdtemp(name);
    X509* certificate = X509_new();
    X509_set_version(certificate, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate), serial);
    X509_gmtime_adj(X509_getm_notBefore(certificate), -60);
    X509_gmtime_adj(X509_getm_notAfter(certificate), 3'600);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate), "CN", MBSTRING_UTF8,
                               reinterpret_cast<const unsigned char*>(name_in.data()),
                               static_cast<int>(name_in.size()), -1, 0);
    if (!email.empty()) {
      X509_EXTENSION* names = X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name,
                                                  ("DNS:a.example,email:" + email).c_str());
      X509_add_ext(certificate, names, -1);
      X509_EXTENSION_free(names);
    }
    X509_set_issuer_name(certificate, X509_get_subject_name(certificate));
    X509_set_pubkey(certificate, key);
    X509_sign(certificate, key, EVP_sha256());
    std::FILE* file = std::fopen(cert().c_str(), "w");
    PEM_write_X509(file, certificate);
    std::fclose(file);
    file = std::fopen(this->key().c_str(), "w");
    PEM_write_PrivateKey(file, key, nullptr, nullptr, 0, nullptr, nullptr);
    std::fclose(file);
    ::chmod(this->key().c_str(), 0600);
    X509_free(certificate);
    EVP_PKEY_free(key);
  }
  ~Certificate() {
    ::unlink(cert().c_str());
    ::unlink(key().c_str());
    ::rmdir(directory_.c_str());
  }
  [[nodiscard]] std::string cert() const { return directory_ + "/cert.pem"; }
  [[nodiscard]] std::string key() const { return directory_ + "/key.pem"; }

 private:
  std::string directory_;
};

class TlsClient : public RawClient {
 public:
  explicit TlsClient(std::uint16_t port, int max_version = TLS1_3_VERSION,
                     const std::string& alpn = "", const Certificate* own = nullptr,
                     int receive_buffer = 0, SSL_SESSION* session = nullptr)
      : RawClient(port, receive_buffer), context_(SSL_CTX_new(TLS_client_method())) {
    SSL_CTX_set_security_level(context_, 0);
    SSL_CTX_set_min_proto_version(context_, TLS1_VERSION);
    SSL_CTX_set_max_proto_version(context_, max_version);
    if (own != nullptr) {
      SSL_CTX_use_certificate_chain_file(context_, own->cert().c_str());
      SSL_CTX_use_PrivateKey_file(context_, own->key().c_str(), SSL_FILETYPE_PEM);
    }
    ssl_ = SSL_new(context_);
    if (!alpn.empty()) {
      SSL_set_alpn_protos(ssl_, reinterpret_cast<const unsigned char*>(alpn.data()),
                          static_cast<unsigned>(alpn.size()));
    }
    if (session != nullptr) SSL_set_session(ssl_, session);
    SSL_set_fd(ssl_, descriptor());
    connected_ = uninterrupted([this] { return SSL_connect(ssl_); }) == 1;
  }
  ~TlsClient() override {
    SSL_free(ssl_);
    SSL_CTX_free(context_);
  }
  [[nodiscard]] bool connected() const { return connected_; }
  [[nodiscard]] std::string version() const { return SSL_get_version(ssl_); }
  // What the server presented, or 0.
  [[nodiscard]] long serial() const {
    const X509* const certificate = SSL_get0_peer_certificate(ssl_);
    return certificate == nullptr ? 0 : ASN1_INTEGER_get(X509_get0_serialNumber(certificate));
  }
  [[nodiscard]] bool resumed() const { return SSL_session_reused(ssl_) == 1; }
  // The newest session, owned by the caller; read something first, because tickets follow the
  // handshake.
  [[nodiscard]] SSL_SESSION* session() const { return SSL_get1_session(ssl_); }
  [[nodiscard]] std::string alpn() const {
    const unsigned char* name = nullptr;
    unsigned size = 0;
    SSL_get0_alpn_selected(ssl_, &name, &size);
    return {reinterpret_cast<const char*>(name), size};
  }

 protected:
  long raw_send(const char* bytes, std::size_t size) override {
    return uninterrupted([&] { return SSL_write(ssl_, bytes, static_cast<int>(size)); });
  }
  long raw_receive(char* bytes, std::size_t size) override {
    const int n = uninterrupted([&] { return SSL_read(ssl_, bytes, static_cast<int>(size)); });
    return n < 0 ? 0 : n;
  }

 private:
  template <typename Call>
  int uninterrupted(Call call) {
    int n = 0;
    do {
      errno = 0;
      n = call();
    } while (n <= 0 && errno == EINTR && SSL_want(ssl_) != SSL_NOTHING);
    return n;
  }

  SSL_CTX* context_;
  SSL* ssl_ = nullptr;
  bool connected_ = false;
};

}  // namespace securechat::net
