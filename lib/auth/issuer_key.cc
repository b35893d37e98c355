#include "auth/issuer_key.h"

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>

#include <array>
#include <climits>

namespace securechat::auth {
namespace {

constexpr int kMinRsaBits = 2048;
constexpr int kMaxRsaBits = 16'384;  // OpenSSL verifies with no larger one.
constexpr std::size_t kPointBytes = 32;

// Frees what OpenSSL's functions make.
template <auto Free>
struct Freer {
  template <typename T>
  void operator()(T* object) const {
    Free(object);
  }
};
using Bio = std::unique_ptr<BIO, Freer<BIO_free>>;
using Number = std::unique_ptr<BIGNUM, Freer<BN_free>>;
using Builder = std::unique_ptr<OSSL_PARAM_BLD, Freer<OSSL_PARAM_BLD_free>>;
using Params = std::unique_ptr<OSSL_PARAM, Freer<OSSL_PARAM_free>>;
using KeyContext = std::unique_ptr<EVP_PKEY_CTX, Freer<EVP_PKEY_CTX_free>>;
using DigestContext = std::unique_ptr<EVP_MD_CTX, Freer<EVP_MD_CTX_free>>;
using Signature = std::unique_ptr<ECDSA_SIG, Freer<ECDSA_SIG_free>>;

// What a failure leaves in the thread's queue would be taken for an error of the next TLS call.
class QuietErrors {
 public:
  QuietErrors() = default;
  QuietErrors(const QuietErrors&) = delete;
  QuietErrors& operator=(const QuietErrors&) = delete;
  ~QuietErrors() { ERR_clear_error(); }
};

const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

std::shared_ptr<EVP_PKEY> owned(EVP_PKEY* key) {
  return key == nullptr ? nullptr : std::shared_ptr<EVP_PKEY>(key, EVP_PKEY_free);
}

Number number_of(std::string_view text) {
  if (text.empty() || text.size() > INT_MAX) return nullptr;
  return Number(BN_bin2bn(bytes_of(text), static_cast<int>(text.size()), nullptr));
}

// The key of `type` that the parameters describe, when OpenSSL's checks find no fault in it.
std::shared_ptr<EVP_PKEY> key_from(const char* type, OSSL_PARAM_BLD* builder) {
  const Params params(OSSL_PARAM_BLD_to_param(builder));
  const KeyContext maker(EVP_PKEY_CTX_new_from_name(nullptr, type, nullptr));
  EVP_PKEY* raw = nullptr;
  if (!params || !maker || EVP_PKEY_fromdata_init(maker.get()) != 1 ||
      EVP_PKEY_fromdata(maker.get(), &raw, EVP_PKEY_PUBLIC_KEY, params.get()) != 1) {
    return nullptr;
  }
  std::shared_ptr<EVP_PKEY> key = owned(raw);
  const KeyContext checker(EVP_PKEY_CTX_new_from_pkey(nullptr, key.get(), nullptr));
  return checker && EVP_PKEY_public_check(checker.get()) == 1 ? key : nullptr;
}

bool is_p256(EVP_PKEY* key) {
  std::array<char, 64> group{};
  std::size_t size = 0;
  return EVP_PKEY_get_utf8_string_param(key, OSSL_PKEY_PARAM_GROUP_NAME, group.data(), group.size(),
                                        &size) == 1 &&
         std::string_view(group.data(), size) == "prime256v1";
}

// JOSE has r and s side by side, OpenSSL wants them in DER. Empty when they are no signature.
std::string der_of(std::string_view raw) {
  if (raw.size() != 2 * kPointBytes) return {};
  Number r = number_of(raw.substr(0, kPointBytes));
  Number s = number_of(raw.substr(kPointBytes));
  const Signature signature(ECDSA_SIG_new());
  if (!r || !s || !signature || ECDSA_SIG_set0(signature.get(), r.get(), s.get()) != 1) return {};
  // The signature has taken them over.
  (void)r.release();
  (void)s.release();
  unsigned char* encoded = nullptr;
  const int size = i2d_ECDSA_SIG(signature.get(), &encoded);
  if (size <= 0) return {};
  std::string der(reinterpret_cast<const char*>(encoded), static_cast<std::size_t>(size));
  OPENSSL_free(encoded);
  return der;
}

}  // namespace

std::shared_ptr<EVP_PKEY> read_pem_key(std::string_view pem) {
  const QuietErrors quiet;
  if (pem.empty() || pem.size() > INT_MAX) return nullptr;
  const Bio bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  // A password is never asked for: without a callback OpenSSL would read the terminal.
  const auto no_password = [](char*, int, int, void*) {
    return 0;
  };
  return owned(bio ? PEM_read_bio_PUBKEY(bio.get(), nullptr, no_password, nullptr) : nullptr);
}

std::shared_ptr<EVP_PKEY> make_rsa_key(std::string_view n, std::string_view e) {
  const QuietErrors quiet;
  const Number modulus = number_of(n);
  const Number exponent = number_of(e);
  const Builder builder(OSSL_PARAM_BLD_new());
  // OpenSSL's own check of a huge modulus would take long.
  if (!modulus || !exponent || !builder || BN_num_bits(modulus.get()) > kMaxRsaBits ||
      OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, modulus.get()) != 1 ||
      OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, exponent.get()) != 1) {
    return nullptr;
  }
  return key_from("RSA", builder.get());
}

std::shared_ptr<EVP_PKEY> make_p256_key(std::string_view x, std::string_view y) {
  const QuietErrors quiet;
  if (x.size() != kPointBytes || y.size() != kPointBytes) return nullptr;
  // An uncompressed point (SEC 1, section 2.3.3).
  const std::string point = std::string(1, '\x04').append(x).append(y);
  const Builder builder(OSSL_PARAM_BLD_new());
  if (!builder ||
      OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME, "prime256v1", 0) !=
          1 ||
      OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(),
                                       point.size()) != 1) {
    return nullptr;
  }
  return key_from("EC", builder.get());
}

std::string_view key_fault(std::string_view algorithm, EVP_PKEY* key) {
  const QuietErrors quiet;
  if (algorithm == "ES256") {
    const bool fits = EVP_PKEY_is_a(key, "EC") == 1 && is_p256(key);
    return fits ? "" : "is not a key of the curve P-256, which auth.algorithm ES256 needs";
  }
  const int bits = EVP_PKEY_is_a(key, "RSA") == 1 ? EVP_PKEY_get_bits(key) : 0;
  return bits >= kMinRsaBits && bits <= kMaxRsaBits
             ? ""
             : "is not an RSA key of at least 2048 bits, which auth.algorithm RS256 needs";
}

bool signature_fits(std::string_view algorithm, EVP_PKEY* key, std::string_view signing_input,
                    std::string_view signature) {
  const QuietErrors quiet;
  const std::string der = algorithm == "ES256" ? der_of(signature) : std::string(signature);
  const DigestContext context(EVP_MD_CTX_new());
  return !der.empty() && context &&
         EVP_DigestVerifyInit(context.get(), nullptr, EVP_sha256(), nullptr, key) == 1 &&
         EVP_DigestVerify(context.get(), bytes_of(der), der.size(), bytes_of(signing_input),
                          signing_input.size()) == 1;
}

}  // namespace securechat::auth
