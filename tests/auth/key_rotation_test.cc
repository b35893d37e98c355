// Tokens under a set of keys: which one signs, which verify, and what a change does.
#include <string>

#include "auth_fixture.h"
#include "base/json.h"

namespace securechat::auth {
namespace {

std::string key_text(const std::string& kid) {
  return "key-of-" + kid + "-0123456789-abcdefghijklmnop";
}

// A set of the named keys, access and refresh each; "" is a key without a kid.
std::shared_ptr<const Keyring> keyring_of(const std::vector<std::string>& kids) {
  TokenOptions options;
  for (const std::string& kid : kids) {
    options.keys.access.push_back({kid, Secret(key_text(kid))});
    options.keys.refresh.push_back({kid.empty() ? kid : "r" + kid, Secret(key_text("r" + kid))});
  }
  return make_keyring(std::move(options));
}

std::string header_of(const std::string& token) {
  std::string header;
  EXPECT_TRUE(base64url_decode(token.substr(0, token.find('.')), header));
  return header;
}

class KeyRotationTest : public AuthTest {
 protected:
  void use(const std::vector<std::string>& kids) { accounts->set_keyring(keyring_of(kids), {}); }
};

// Shows: R23
TEST_F(KeyRotationTest, TheFirstKeySignsAndIsNamed) {
  use({"two", "one"});
  const Grant grant = sign_up("ada").value;
  const Result<JsonDocument> access = JsonDocument::parse(header_of(grant.access_token));
  const Result<JsonDocument> refresh = JsonDocument::parse(header_of(grant.refresh_token));
  ASSERT_TRUE(access.ok() && refresh.ok());
  EXPECT_EQ(access->root()["kid"].as_string(), "two");
  EXPECT_EQ(access->root()["alg"].as_string(), "HS256");
  EXPECT_EQ(refresh->root()["kid"].as_string(), "rtwo");
  use({""});
  EXPECT_EQ(header_of(sign_up("bob").value.access_token).find("kid"), std::string::npos);
}

// Shows: R23
TEST_F(KeyRotationTest, WhatARemovedKeySignedIsRefusedAtOnce) {
  use({"one"});
  const Grant grant = sign_up("ada").value;
  use({"two", "one"});
  EXPECT_TRUE(who(grant.access_token).ok());
  const Outcome<Grant> renewed = renew(grant.refresh_token);
  ASSERT_TRUE(renewed.ok());
  EXPECT_NE(header_of(renewed.value.access_token), header_of(grant.access_token));
  EXPECT_TRUE(accounts->csrf_ok(grant.sid, grant.csrf_token)) << "CSRF tokens outlive a rotation";
  use({"two"});
  EXPECT_EQ(who(grant.access_token).fault, Fault::kTokenInvalid);
  EXPECT_EQ(renew(grant.refresh_token).fault, Fault::kTokenInvalid);
  EXPECT_FALSE(accounts->csrf_ok(grant.sid, grant.csrf_token));
  EXPECT_TRUE(who(renewed.value.access_token).ok());
  EXPECT_TRUE(renew(renewed.value.refresh_token).ok());
}

// Shows: R23
TEST_F(KeyRotationTest, TokensWithoutAKidGoOnWhileTheSecretsAreGiven) {
  use({""});
  const Grant grant = sign_up("ada").value;
  use({"one", ""});
  EXPECT_TRUE(who(grant.access_token).ok());
  const Outcome<Grant> renewed = renew(grant.refresh_token);
  ASSERT_TRUE(renewed.ok());
  EXPECT_NE(header_of(renewed.value.access_token).find("\"one\""), std::string::npos);
  use({"one"});
  EXPECT_EQ(who(grant.access_token).fault, Fault::kTokenInvalid);
  EXPECT_TRUE(who(renewed.value.access_token).ok());
}

// Shows: R11 R14
TEST_F(KeyRotationTest, OnlyTheNamedKeyCounts) {
  use({"two", "one", ""});
  const std::string payload = who(sign_up("ada").value.access_token).value.claims;
  const auto fault = [&](const std::string& signer, const std::string& kid) {
    return who(mint(payload, key_text(signer), R"({"alg":"HS256","kid":)" + kid + "}")).fault;
  };
  EXPECT_EQ(fault("one", R"("one")"), Fault::kNone);
  EXPECT_EQ(fault("two", R"("\u0074wo")"), Fault::kNone) << "the text counts, not its spelling";
  for (const char* kid : {R"("two")", R"("One")", R"("one ")", R"("")", R"("rone")", "null", "1",
                          R"("../one")", R"("one\u0000")", R"("' OR 1=1 --")"}) {
    EXPECT_EQ(fault("one", kid), Fault::kTokenInvalid) << kid;
  }
  EXPECT_EQ(fault("", R"("")"), Fault::kTokenInvalid) << "an empty name is no name";
  EXPECT_EQ(who(mint(payload, key_text("one"))).fault, Fault::kTokenInvalid) << "without a kid";
  EXPECT_EQ(who(mint(payload, key_text(""))).fault, Fault::kNone) << "its own key";
  // A refresh key never verifies an access token, whatever the header says.
  EXPECT_EQ(fault("rone", R"("rone")"), Fault::kTokenInvalid);
}

}  // namespace
}  // namespace securechat::auth
