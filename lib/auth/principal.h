#pragma once

#include <cstdint>
#include <string>

namespace securechat::auth {

// Who a peer is, once every filter agreed. Sender identity always comes from here, never from a
// payload.
struct Principal {
  std::string user_id;
  std::string username;
  std::string email;
  std::string role = "user";
  std::string sid;  // The login session; empty for a principal the host set.
  std::string jti;
  std::int64_t expires_at_s = 0;  // Unix seconds; 0 for a principal that does not expire.
  std::string claims;             // The token's payload as JSON text; empty without a token.
};

}  // namespace securechat::auth
