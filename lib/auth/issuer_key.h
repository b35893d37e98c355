#pragma once

#include <openssl/types.h>

#include <memory>
#include <string>
#include <string_view>

#include "base/status.h"

namespace securechat::auth {

// A public key of an external issuer, and what its tokens call it; without a name it is the only
// one there is. Verifying changes nothing in it: any thread.
struct IssuerKey {
  std::string kid;
  std::shared_ptr<EVP_PKEY> key;
};

// Reads a public key in PEM (SubjectPublicKeyInfo); null when it is none.
[[nodiscard]] std::shared_ptr<EVP_PKEY> read_pem_key(std::string_view pem);

// RSA from modulus and exponent, EC from a point of the curve P-256 (32 bytes each), big-endian.
// Null when OpenSSL finds that they are no key.
[[nodiscard]] std::shared_ptr<EVP_PKEY> make_rsa_key(std::string_view n, std::string_view e);
[[nodiscard]] std::shared_ptr<EVP_PKEY> make_p256_key(std::string_view x, std::string_view y);

// What is wrong with a key for `algorithm`: RSA of 2048 to 16384 bits for RS256, the curve P-256
// for ES256. Empty when nothing is.
[[nodiscard]] std::string_view key_fault(std::string_view algorithm, EVP_PKEY* key);

// Whether `key`, which fits `algorithm`, made the signature as a JSON Web Signature has it (RFC
// 7518, sections 3.3 and 3.4).
[[nodiscard]] bool signature_fits(std::string_view algorithm, EVP_PKEY* key,
                                  std::string_view signing_input, std::string_view signature);

}  // namespace securechat::auth
