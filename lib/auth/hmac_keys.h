#pragma once

#include <span>
#include <string>
#include <vector>

#include "auth/key_set.h"
#include "auth/token_gate.h"
#include "base/digest.h"
#include "base/status.h"

namespace securechat::auth {

// The keys that may have signed one kind of own tokens, ready for use. Immutable, any thread.
class HmacKeys {
 public:
  static Result<HmacKeys> create(std::span<const HmacKey> keys);

  // Whether the key that the token's header names has signed it; a token without `kid` names the
  // one that has none. An HMAC is computed and compared here, in constant time: older libjwt used
  // strcmp (CVE-2024-25189), and nothing but the gate looks at what it would parse besides.
  [[nodiscard]] bool signed_by_one(const CompactToken& token) const;

 private:
  struct Mac {
    std::string kid;
    HmacSha256 mac;
  };
  std::vector<Mac> macs_;
};

}  // namespace securechat::auth
