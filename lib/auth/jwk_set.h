#pragma once

#include <string_view>
#include <vector>

#include "auth/issuer_key.h"
#include "base/status.h"

namespace securechat::auth {

// Reads the keys for `algorithm` (RS256: kty RSA; ES256: kty EC, crv P-256) from the JWK Set of an
// external issuer (RFC 7517). Keys that say that they are for something else are passed over, as an
// issuer publishes them side by side: another kty but "oct", crv, `alg`, `use` or `key_ops`. What
// says nothing of the kind is meant, and must be a good public key. kInvalid names the entry and
// what is wrong with it: it is private, weak, broken, has a kid that is none or not its own, or,
// with others beside it, no kid at all. Nothing is ever fetched: x5u and x5c are not read.
Result<std::vector<IssuerKey>> read_jwk_set(std::string_view json, std::string_view algorithm);

}  // namespace securechat::auth
