#pragma once

#include <cstdint>
#include <string_view>

#include "auth/principal.h"
#include "base/packed_texts.h"

namespace securechat::auth {

// The principal of a session that lives, in one piece of memory. The filters have seen the token;
// nobody asks for its text or its id again.
class KeptPrincipal {
 public:
  explicit KeptPrincipal(const Principal& principal)
      : texts_({principal.user_id, principal.username, principal.email, principal.role,
                principal.sid}),
        expires_at_s_(principal.expires_at_s) {}

  // All of them borrowed.
  [[nodiscard]] std::string_view user_id() const { return texts_.at(0); }
  [[nodiscard]] std::string_view username() const { return texts_.at(1); }
  [[nodiscard]] std::string_view email() const { return texts_.at(2); }
  [[nodiscard]] std::string_view role() const { return texts_.at(3); }
  [[nodiscard]] std::string_view sid() const { return texts_.at(4); }
  [[nodiscard]] std::int64_t expires_at_s() const { return expires_at_s_; }

  // Without the token's id and claims.
  [[nodiscard]] Principal restore() const {
    Principal principal;
    principal.user_id = user_id();
    principal.username = username();
    principal.email = email();
    principal.role = role();
    principal.sid = sid();
    principal.expires_at_s = expires_at_s_;
    return principal;
  }

 private:
  PackedTexts texts_;
  std::int64_t expires_at_s_;
};

}  // namespace securechat::auth
