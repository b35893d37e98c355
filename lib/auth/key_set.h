#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/secret.h"
#include "base/status.h"

namespace securechat::auth {

// A key for the HMAC of this server's own tokens.
struct HmacKey {
  std::string kid;  // What the token's header calls it; empty for the key of tokens without `kid`.
  Secret key;
};

// The keys of own tokens. The first of each kind signs, all of them verify, so that a new key takes
// over while what the older ones signed stays good.
struct KeySet {
  std::vector<HmacKey> access;
  std::vector<HmacKey> refresh;
};

// More would be a mistake rather than a rotation.
inline constexpr std::size_t kMaxKeysInSet = 64;

// A name for a key of our own: 1 to 64 of A-Z a-z 0-9 . _ -.
[[nodiscard]] bool is_kid(std::string_view text);

// Reads a JWK Set (RFC 7517) of symmetric keys:
//
//   {"keys": [{"kty": "oct", "use": "access", "kid": "2026-07", "k": "base64url"}, ...]}
//
// `use` is "access" or "refresh"; `alg`, when given, is HS256. Other members are ignored. kInvalid
// names the entry and what is wrong with it, and never shows a key: each use needs a key, each key
// a kid of its own, 32 bytes or more, and another value than all others.
Result<KeySet> parse_key_set(std::string_view json);

// Appends the keys as such a text. `out` then holds secrets: the caller wipes it.
void write_key_set(const KeySet& keys, std::string& out);

// What a rotation leaves: a new key at the head of each use and at most `keep` of the older ones
// behind it. `kid_stem` begins the names of the new keys; the rest of them is random.
Result<KeySet> rotate_keys(KeySet keys, std::size_t keep, std::string_view kid_stem);

}  // namespace securechat::auth
