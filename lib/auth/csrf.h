#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "auth/key_set.h"
#include "base/secret.h"
#include "base/status.h"

namespace securechat::auth {

// CSRF tokens bound to a login session: hex(HMAC-SHA256(key, len!sid!len!random)) "." hex(random).
// The keys are derived from those of access tokens, under a label of their own: the first one
// issues, and what any of them issued is good, so that a rotation of the keys breaks no page.
class Csrf {
 public:
  // Without keys (an external issuer needs no secrets) nothing is issued and nothing verifies.
  static Result<Csrf> create(std::span<const HmacKey> access_keys);
  [[nodiscard]] Result<std::string> issue(std::string_view sid) const;
  [[nodiscard]] bool verify(std::string_view sid, std::string_view token) const;

 private:
  std::vector<Secret> keys_;
};

}  // namespace securechat::auth
