#pragma once

#include <string_view>

#include "auth/tokens.h"
#include "base/status.h"

namespace securechat::auth {

inline constexpr std::size_t kMinSecretBytes = 32;

// Refuses a secret that is missing, short, a known placeholder or of low variety.
// The message names `option` and the cure, never the secret.
Status check_secret(std::string_view option, std::string_view secret);

// Whether a secret is one of the placeholders that are in everybody's examples, alone or repeated.
[[nodiscard]] bool is_placeholder(std::string_view secret);

// check_secret for every key, and that no two are equal. The message names the option that a key
// without a kid comes from, or the kid.
Status check_keys(const KeySet& keys);

// All of it but the public keys: the secrets that `options` needs for its algorithm, and that the
// lives are not zero.
Status check_token_options(const TokenOptions& options);

}  // namespace securechat::auth
