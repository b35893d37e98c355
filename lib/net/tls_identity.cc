#include "net/tls_identity.h"

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <sys/stat.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <string>
#include <string_view>
#include <utility>

#include "base/digest.h"
#include "base/random.h"

namespace securechat::net {

namespace {

constexpr int kMinRsaBits = 2'048;
constexpr int kMinEcBits = 256;
constexpr std::size_t kTicketKeyBytes = 80;

struct Free {
  void operator()(std::FILE* file) const { std::fclose(file); }
  void operator()(BIO* bio) const { BIO_free(bio); }
  void operator()(X509* certificate) const { X509_free(certificate); }
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
  void operator()(X509_STORE* store) const { X509_STORE_free(store); }
  void operator()(STACK_OF(X509) * chain) const { sk_X509_pop_free(chain, X509_free); }
  void operator()(STACK_OF(X509_NAME) * names) const {
    sk_X509_NAME_pop_free(names, X509_NAME_free);
  }
  void operator()(STACK_OF(X509_INFO) * infos) const {
    sk_X509_INFO_pop_free(infos, X509_INFO_free);
  }
};
template <typename T>
using Owned = std::unique_ptr<T, Free>;

std::string openssl_reason() {
  const unsigned long code = ERR_peek_last_error();
  std::array<char, 256> text;
  ERR_error_string_n(code, text.data(), text.size());
  ERR_clear_error();
  return code == 0 ? "unknown reason" : text.data();
}

Status refuse(std::string_view option, const std::string& path, const std::string& reason) {
  return {Code::kTls, std::string(option) + " \"" + path + "\": " + reason};
}

Result<Owned<std::FILE>> open_file(std::string_view option, const std::string& path) {
  ERR_clear_error();
  Owned<std::FILE> file(std::fopen(path.c_str(), "re"));
  if (!file) return refuse(option, path, std::strerror(errno));
  return file;
}

// OpenSSL would ask whoever sits at the terminal.
int no_passphrase(char*, int, int, void*) {
  return -1;
}

bool reached_end() {
  const unsigned long error = ERR_peek_last_error();
  const bool end =
      ERR_GET_LIB(error) == ERR_LIB_PEM && ERR_GET_REASON(error) == PEM_R_NO_START_LINE;
  if (end) ERR_clear_error();
  return end;
}

std::int64_t seconds_of(const ASN1_TIME* time) {
  std::tm parts = {};
  if (ASN1_TIME_to_tm(time, &parts) != 1) return 0;
  return ::timegm(&parts);
}

class LoadedIdentity final : public TlsIdentity {
 public:
  Status load_chain(const std::string& path);
  Status load_key(const std::string& path);
  Status load_client_ca(const std::string& path);
  Status make_ticket_key() { return random_bytes(ticket_key_); }
  ~LoadedIdentity() override { OPENSSL_cleanse(ticket_key_.data(), ticket_key_.size()); }

  [[nodiscard]] bool configure(ssl_ctx_st* context) const override;
  [[nodiscard]] bool present(ssl_st* connection) const override;
  [[nodiscard]] const std::string& client_ca_digest() const override { return client_ca_digest_; }
  [[nodiscard]] std::int64_t expires_at_s() const override { return expires_at_s_; }

 private:
  Owned<X509> certificate_;
  Owned<STACK_OF(X509)> chain_;
  Owned<EVP_PKEY> key_;
  Owned<X509_STORE> client_ca_;  // Null: nobody is asked for a certificate.
  Owned<STACK_OF(X509_NAME)> client_ca_names_;
  std::string client_ca_digest_;
  std::array<unsigned char, kTicketKeyBytes> ticket_key_ = {};
  std::int64_t expires_at_s_ = 0;
};

Status LoadedIdentity::load_chain(const std::string& path) {
  constexpr std::string_view kOption = "tls.cert";
  Result<Owned<std::FILE>> file = open_file(kOption, path);
  if (!file.ok()) return file.status();
  certificate_.reset(PEM_read_X509_AUX(file->get(), nullptr, no_passphrase, nullptr));
  chain_.reset(sk_X509_new_null());
  if (!certificate_ || !chain_) {
    return refuse(kOption, path, "it holds no certificate (PEM): " + openssl_reason());
  }
  while (Owned<X509> next{PEM_read_X509(file->get(), nullptr, no_passphrase, nullptr)}) {
    if (sk_X509_push(chain_.get(), next.get()) == 0) return refuse(kOption, path, openssl_reason());
    (void)next.release();  // The chain's now.
  }
  if (!reached_end()) return refuse(kOption, path, openssl_reason());
  expires_at_s_ = seconds_of(X509_get0_notAfter(certificate_.get()));
  return {};
}

Status check_strength(EVP_PKEY* key, const std::string& path) {
  const int bits = EVP_PKEY_get_bits(key);
  const bool rsa = EVP_PKEY_is_a(key, "RSA") == 1;
  if ((rsa && bits < kMinRsaBits) || (EVP_PKEY_is_a(key, "EC") == 1 && bits < kMinEcBits)) {
    return refuse("tls.key", path,
                  "its " + std::to_string(bits) + " bits are too few; take RSA with " +
                      std::to_string(kMinRsaBits) + " or more, or the curve P-256");
  }
  return {};
}

Status LoadedIdentity::load_key(const std::string& path) {
  constexpr std::string_view kOption = "tls.key";
  Result<Owned<std::FILE>> file = open_file(kOption, path);
  if (!file.ok()) return file.status();
  struct stat info = {};
  if (::fstat(::fileno(file->get()), &info) != 0) {
    return refuse(kOption, path, std::strerror(errno));
  }
  if ((info.st_mode & (S_IROTH | S_IWOTH)) != 0) {
    return refuse(kOption, path, "everyone may read or write it; run chmod 600 on it");
  }
  key_.reset(PEM_read_PrivateKey(file->get(), nullptr, no_passphrase, nullptr));
  if (!key_) {
    const bool encrypted = ERR_GET_REASON(ERR_peek_error()) == PEM_R_BAD_PASSWORD_READ ||
                           ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_BAD_PASSWORD_READ;
    const std::string reason = openssl_reason();
    return refuse(kOption, path,
                  encrypted ? "it is protected by a passphrase; write it without one, readable by "
                              "its owner only"
                            : "it holds no private key (PEM): " + reason);
  }
  if (Status strong = check_strength(key_.get(), path); !strong.ok()) return strong;
  if (X509_check_private_key(certificate_.get(), key_.get()) == 1) return {};
  ERR_clear_error();
  return refuse(kOption, path, "it is not the key of tls.cert");
}

Result<std::string> read_file(std::string_view option, const std::string& path) {
  Result<Owned<std::FILE>> file = open_file(option, path);
  if (!file.ok()) return file.status();
  std::string text;
  std::array<char, 4'096> part;
  while (const std::size_t size = std::fread(part.data(), 1, part.size(), file->get())) {
    text.append(part.data(), size);
  }
  if (std::ferror(file->get()) != 0) return refuse(option, path, std::strerror(errno));
  return text;
}

// Whether there is a list by the issuer of each authority. OpenSSL asks for one when it is told to
// look after the whole chain (X509_V_FLAG_CRL_CHECK_ALL), also for the root, and refuses everybody
// where one is missing: a file that has the list of the leaves' issuer alone, as it is enough
// for X509_V_FLAG_CRL_CHECK, goes on as it does.
bool every_authority_has_a_list(STACK_OF(X509_INFO) * infos) {
  const auto has_list = [infos](const X509_NAME* issuer) {
    for (int i = 0; i < sk_X509_INFO_num(infos); ++i) {
      const X509_CRL* const list = sk_X509_INFO_value(infos, i)->crl;
      if (list != nullptr && X509_NAME_cmp(X509_CRL_get_issuer(list), issuer) == 0) return true;
    }
    return false;
  };
  for (int i = 0; i < sk_X509_INFO_num(infos); ++i) {
    const X509* const authority = sk_X509_INFO_value(infos, i)->x509;
    if (authority != nullptr && !has_list(X509_get_issuer_name(authority))) return false;
  }
  return true;
}

Status LoadedIdentity::load_client_ca(const std::string& path) {
  constexpr std::string_view kOption = "tls.client_ca";
  if (path.empty()) return {};
  Result<std::string> text = read_file(kOption, path);
  if (!text.ok()) return text.status();
  Result<std::string> digest = sha256(*text);
  if (!digest.ok()) return digest.status();
  client_ca_digest_ = *std::move(digest);
  const Owned<BIO> bytes(BIO_new_mem_buf(text->data(), static_cast<int>(text->size())));
  const Owned<STACK_OF(X509_INFO)> infos(
      bytes ? PEM_X509_INFO_read_bio(bytes.get(), nullptr, no_passphrase, nullptr) : nullptr);
  client_ca_.reset(X509_STORE_new());
  client_ca_names_.reset(sk_X509_NAME_new_null());
  if (!infos || !client_ca_ || !client_ca_names_) return refuse(kOption, path, openssl_reason());
  bool revokes = false;
  for (int i = 0; i < sk_X509_INFO_num(infos.get()); ++i) {
    const X509_INFO* const info = sk_X509_INFO_value(infos.get(), i);
    bool added = true;
    if (info->x509 != nullptr) {
      X509_NAME* const name = X509_NAME_dup(X509_get_subject_name(info->x509));
      added = X509_STORE_add_cert(client_ca_.get(), info->x509) == 1 && name != nullptr &&
              sk_X509_NAME_push(client_ca_names_.get(), name) != 0;
      if (!added) X509_NAME_free(name);
    }
    if (info->crl != nullptr) {
      added = added && X509_STORE_add_crl(client_ca_.get(), info->crl) == 1;
      revokes = true;
    }
    if (!added) return refuse(kOption, path, openssl_reason());
  }
  if (sk_X509_NAME_num(client_ca_names_.get()) == 0) {
    return refuse(kOption, path, "it holds no certificate (PEM)");
  }
  unsigned long flags = revokes ? X509_V_FLAG_CRL_CHECK : 0;
  if (revokes && every_authority_has_a_list(infos.get())) flags |= X509_V_FLAG_CRL_CHECK_ALL;
  X509_STORE_set_flags(client_ca_.get(), flags);
  ERR_clear_error();
  return {};
}

// A session that is resumed shows no certificate again. Where client certificates count nothing is
// resumed, and no ticket of before a reload is good after it.
bool LoadedIdentity::configure(ssl_ctx_st* context) const {
  std::array<unsigned char, kTicketKeyBytes> ticket_key = ticket_key_;
  bool done = SSL_CTX_set_tlsext_ticket_keys(context, ticket_key.data(), kTicketKeyBytes) == 1;
  OPENSSL_cleanse(ticket_key.data(), ticket_key.size());
  if (!client_ca_) {
    SSL_CTX_set_verify(context, SSL_VERIFY_NONE, nullptr);
    SSL_CTX_set_client_CA_list(context, nullptr);
    SSL_CTX_clear_options(context, SSL_OP_NO_TICKET);
    return SSL_CTX_set_num_tickets(context, 1) == 1 && done;
  }
  STACK_OF(X509_NAME)* const names = SSL_dup_CA_list(client_ca_names_.get());
  done = done && names != nullptr && SSL_CTX_set_num_tickets(context, 0) == 1;
  SSL_CTX_set1_cert_store(context, client_ca_.get());
  SSL_CTX_set_client_CA_list(context, names);
  SSL_CTX_set_options(context, SSL_OP_NO_TICKET);
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  return done;
}

// SSL_CTX keeps a certificate for each kind of key and has no way to forget one, so that a context
// would go on to present an RSA certificate after it was replaced by one of another kind.
bool LoadedIdentity::present(ssl_st* connection) const {
  SSL_certs_clear(connection);
  return SSL_use_cert_and_key(connection, certificate_.get(), key_.get(), chain_.get(), 1) == 1;
}

}  // namespace

Result<std::shared_ptr<const TlsIdentity>> TlsIdentity::load(const TlsOptions& options) {
  if (options.key_path.empty()) {
    return {Code::kTls, "tls.cert is set but tls.key is not; name the key's PEM file"};
  }
  auto identity = std::make_shared<LoadedIdentity>();
  Status status = identity->load_chain(options.cert_path);
  if (status.ok()) status = identity->load_key(options.key_path);
  if (status.ok()) status = identity->load_client_ca(options.client_ca_path);
  if (status.ok()) status = identity->make_ticket_key();
  if (!status.ok()) return status;
  return std::shared_ptr<const TlsIdentity>(std::move(identity));
}

}  // namespace securechat::net
