#pragma once

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "auth_fixture.h"

// An issuer of tokens beside the server, with keys of its own.
namespace securechat::auth {

using Key = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;

inline std::string pem_of(const Key& key, bool secret = false) {
  const std::unique_ptr<BIO, decltype(&BIO_free)> bio(BIO_new(BIO_s_mem()), BIO_free);
  if (secret) {
    PEM_write_bio_PrivateKey(bio.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr);
  } else {
    PEM_write_bio_PUBKEY(bio.get(), key.get());
  }
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &data);
  return {data, static_cast<std::size_t>(size)};
}

inline std::string sign(const Key& key, std::string_view text) {
  const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(),
                                                                        EVP_MD_CTX_free);
  std::size_t size = 0;
  const auto* bytes = reinterpret_cast<const unsigned char*>(text.data());
  EVP_DigestSignInit(context.get(), nullptr, EVP_sha256(), nullptr, key.get());
  EVP_DigestSign(context.get(), nullptr, &size, bytes, text.size());
  std::string signature(size, '\0');
  EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(signature.data()), &size, bytes,
                 text.size());
  signature.resize(size);
  return signature;
}

// JOSE wants r and s side by side, OpenSSL gives them in DER.
inline std::string raw_ecdsa(const std::string& der) {
  const auto* bytes = reinterpret_cast<const unsigned char*>(der.data());
  ECDSA_SIG* parts = d2i_ECDSA_SIG(nullptr, &bytes, static_cast<long>(der.size()));
  std::string raw(64, '\0');
  auto* out = reinterpret_cast<unsigned char*>(raw.data());
  BN_bn2binpad(ECDSA_SIG_get0_r(parts), out, 32);
  BN_bn2binpad(ECDSA_SIG_get0_s(parts), out + 32, 32);
  ECDSA_SIG_free(parts);
  return raw;
}

struct Issuer {
  std::string algorithm;
  Key key;
  [[nodiscard]] std::string token(std::string_view payload, std::string header = {}) const {
    if (header.empty()) {
      header = R"({"alg":")" + algorithm + R"(","typ":"JWT","kid":"k1"})";
    }
    const std::string input = base64url_encode(header) + "." + base64url_encode(payload);
    const std::string signature = sign(key, input);
    return input + "." + base64url_encode(algorithm == "ES256" ? raw_ecdsa(signature) : signature);
  }
  [[nodiscard]] TokenOptions options() const {
    TokenOptions options;
    options.algorithm = algorithm;
    options.public_keys = pem_of(key);
    return options;
  }
};

inline Issuer make_issuer(const std::string& algorithm) {
  if (algorithm == "RS256") {
    return {algorithm, Key(EVP_RSA_gen(2048), EVP_PKEY_free)};
  }
  return {algorithm, Key(EVP_EC_gen("P-256"), EVP_PKEY_free)};
}

inline constexpr const char* kPayload =
    R"({"sub":"auth0|1","name":"O'Brien","iss":"securechat","aud":["other","securechat"],)"
    R"("iat":1700000000,"exp":1700003600})";

// A number or coordinate of a key, in base64url; `width` 0: as short as it is.
inline std::string number_of(const Key& key, const char* name, std::size_t width = 0) {
  BIGNUM* number = nullptr;
  EVP_PKEY_get_bn_param(key.get(), name, &number);
  std::string bytes(width == 0 ? static_cast<std::size_t>(BN_num_bytes(number)) : width, '\0');
  BN_bn2binpad(number, reinterpret_cast<unsigned char*>(bytes.data()),
               static_cast<int>(bytes.size()));
  BN_free(number);
  return base64url_encode(bytes);
}

// The public key as a JWK; `more` is further members with a comma in front.
inline std::string jwk_of(const Issuer& issuer, const std::string& more) {
  if (issuer.algorithm == "ES256") {
    return R"({"kty":"EC","crv":"P-256","x":")" + number_of(issuer.key, "qx", 32) + R"(","y":")" +
           number_of(issuer.key, "qy", 32) + "\"" + more + "}";
  }
  return R"({"kty":"RSA","n":")" + number_of(issuer.key, "n") + R"(","e":")" +
         number_of(issuer.key, "e") + "\"" + more + "}";
}
inline std::string jwk_named(const Issuer& issuer, const std::string& kid) {
  return jwk_of(issuer, R"(,"use":"sig","alg":")" + issuer.algorithm + R"(","kid":")" + kid + "\"");
}
inline std::string jwk_set(const std::vector<std::string>& keys) {
  std::string text = R"({"keys":[)";
  for (const std::string& key : keys) text += (&key == keys.data() ? "" : ",") + key;
  return text + "]}";
}

}  // namespace securechat::auth
