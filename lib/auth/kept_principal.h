#pragma once

#include <cstdint>
#include <string_view>

#include "auth/people.h"
#include "auth/principal.h"
#include "base/packed_texts.h"

namespace securechat::auth {

// The principal of a session that lives: a person whom all their sessions share, and what differs.
// The filters have seen the token; nobody asks for its text or its id again.
class KeptPrincipal {
 public:
  KeptPrincipal(People& people, const Principal& principal)
      : person_(people.know(principal)),
        login_({principal.sid}),
        expires_at_s_(principal.expires_at_s) {}

  [[nodiscard]] const People::Known& person() const { return person_; }
  // All of them borrowed.
  [[nodiscard]] std::string_view user_id() const { return person_->user_id(); }
  [[nodiscard]] std::string_view username() const { return person_->username(); }
  [[nodiscard]] std::string_view email() const { return person_->email(); }
  [[nodiscard]] std::string_view role() const { return person_->role(); }
  [[nodiscard]] std::string_view sid() const { return login_.at(0); }
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
  People::Known person_;
  PackedTexts login_;  // Its sid.
  std::int64_t expires_at_s_;
};

}  // namespace securechat::auth
