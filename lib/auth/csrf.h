#pragma once

#include <string>
#include <string_view>

#include "base/secret.h"
#include "base/status.h"

namespace securechat::auth {

// CSRF tokens bound to a login session: hex(HMAC-SHA256(key, len!sid!len!random)) "." hex(random).
// The key is derived from the access secret, under a label of its own.
class Csrf {
 public:
  // Without a key (an external issuer needs no secrets) nothing is issued and nothing verifies.
  explicit Csrf(const Secret& access_key);
  [[nodiscard]] Result<std::string> issue(std::string_view sid) const;
  [[nodiscard]] bool verify(std::string_view sid, std::string_view token) const;

 private:
  Secret key_;
};

}  // namespace securechat::auth
