#include "auth/kept_principal.h"

#include <gtest/gtest.h>

namespace securechat::auth {
namespace {

TEST(KeptPrincipalTest, KeepsAllButTheToken) {
  Principal principal;
  principal.user_id = "0123456789abcdef0123456789abcdef";
  principal.username = "ada";
  principal.email = "ada@example.org";
  principal.role = "moderator";
  principal.sid = "login";
  principal.jti = "token";
  principal.expires_at_s = 7;
  principal.claims = "{}";
  People people;
  const Principal restored = KeptPrincipal(people, principal).restore();
  EXPECT_EQ(restored.user_id, principal.user_id);
  EXPECT_EQ(restored.username, "ada");
  EXPECT_EQ(restored.email, "ada@example.org");
  EXPECT_EQ(restored.role, "moderator");
  EXPECT_EQ(restored.sid, "login");
  EXPECT_EQ(restored.expires_at_s, 7);
  EXPECT_TRUE(restored.jti.empty());
  EXPECT_TRUE(restored.claims.empty());
}

}  // namespace
}  // namespace securechat::auth
