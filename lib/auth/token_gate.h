#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace securechat::auth {

inline constexpr std::size_t kMaxTokenBytes = 4096;

// The parts of a compact token that passed the gate; views borrow from the token.
struct CompactToken {
  std::string_view signing_input;  // The first two segments and the dot between them.
  std::string payload;             // What it is, is judged with the claims.
  std::string signature;           // Raw bytes.
  // The header's name for the key, whatever it says: it finds a configured key that is called
  // exactly so, or none. Nothing when the header has no `kid`.
  std::optional<std::string> kid;
};

// What a token must be before any key is used: at most kMaxTokenBytes,
// exactly three segments of canonical base64url without padding, a header that is a JSON object
// whose `alg` is `algorithm` byte for byte, whose `kid`, if any, is a string, and that has no
// `crit`. `jku`, `jwk`, `x5u` and `x5c` are not read: a token does not bring its key.
[[nodiscard]] std::optional<CompactToken> open_compact_token(std::string_view token,
                                                             std::string_view algorithm);

}  // namespace securechat::auth
