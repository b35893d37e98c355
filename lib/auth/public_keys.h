#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "auth/issuer_key.h"
#include "auth/token_gate.h"
#include "base/status.h"

namespace securechat::auth {

// The keys of an external issuer, all for one algorithm. Immutable, any thread.
class PublicKeys {
 public:
  // `text` is a public key in PEM or a JWK Set. kInvalid names auth.public_key and what is wrong.
  static Result<PublicKeys> create(std::string_view algorithm, std::string_view text);

  // Whether the key that the token's header names has signed it. A token without `kid` is tried
  // with the only key, when there is but one; an only key without a name is tried whatever the
  // token calls it.
  [[nodiscard]] bool signed_by_one(const CompactToken& token) const;

 private:
  [[nodiscard]] const IssuerKey* find(const CompactToken& token) const;

  std::string algorithm_;
  std::vector<IssuerKey> keys_;
};

}  // namespace securechat::auth
