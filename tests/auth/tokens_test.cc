#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <map>
#include <string>
#include <vector>

#include "auth/token_gate.h"
#include "auth_fixture.h"
#include "base/json.h"

namespace securechat::auth {
namespace {

constexpr std::int64_t kNow = 1'700'000'000;

// The claims of a good access token, each as JSON text, so that a test can replace one.
using ClaimMap = std::map<std::string, std::string>;
ClaimMap good_claims() {
  return {{"userId", "\"u1\""},      {"username", "\"ada\""},    {"email", "\"ada@example.com\""},
          {"iss", "\"securechat\""}, {"aud", "\"securechat\""},  {"sub", "\"u1\""},
          {"iat", "1700000000"},     {"exp", "1700003600"},      {"jti", "\"j1\""},
          {"sid", "\"s1\""},         {"token_use", "\"access\""}};
}
std::string json_of(const ClaimMap& claims) {
  std::string json = "{";
  for (const auto& [key, value] : claims) {
    json.append(json.size() > 1 ? ",\"" : "\"").append(key).append("\":").append(value);
  }
  return json + "}";
}
std::string with(const std::string& key, const std::string& value) {
  ClaimMap claims = good_claims();
  claims[key] = value;
  return json_of(claims);
}

std::string hmac(const EVP_MD* digest, std::string_view text) {
  std::string out(64, '\0');
  unsigned int size = 0;
  HMAC(digest, kAccessKey.data(), static_cast<int>(kAccessKey.size()),
       reinterpret_cast<const unsigned char*>(text.data()), text.size(),
       reinterpret_cast<unsigned char*>(out.data()), &size);
  out.resize(size);
  return out;
}

class TokensTest : public ::testing::Test {
 protected:
  Fault verify(std::string_view token, TokenUse use = TokenUse::kAccess,
               std::int64_t now = kNow) const {
    return tokens->verify(use, token, now).fault;
  }
  std::shared_ptr<const Keyring> keyring = make_keyring();
  const Tokens* tokens = keyring->tokens.get();
};

// Shows: R14 S13
TEST_F(TokensTest, IssuedTokensVerifyAndCarryTheClaims) {
  Claims claims;
  claims.user_id = "u1";
  claims.username = "Zo\u00eb \"x\"";
  claims.email = "zoe@example.com";
  claims.sid = "s1";
  claims.jti = "j1";
  for (const TokenUse use : {TokenUse::kAccess, TokenUse::kRefresh}) {
    const Result<std::string> token = tokens->issue(use, claims, kNow);
    ASSERT_TRUE(token.ok()) << token.message();
    const Verified verified = tokens->verify(use, *token, kNow);
    ASSERT_EQ(verified.fault, Fault::kNone);
    EXPECT_EQ(verified.claims.user_id, "u1");
    EXPECT_EQ(verified.claims.username, claims.username);
    EXPECT_EQ(verified.claims.email, claims.email);
    EXPECT_EQ(verified.claims.sid, "s1");
    EXPECT_EQ(verified.claims.jti, "j1");
    EXPECT_EQ(verified.claims.issued_at_s, kNow);
    const bool access = use == TokenUse::kAccess;
    EXPECT_EQ(verified.claims.expires_at_s, kNow + (access ? 3600 : 7 * 86400));
    const Result<JsonDocument> json = JsonDocument::parse(verified.claims.json);
    ASSERT_TRUE(json.ok());
    EXPECT_EQ(json->root()["aud"].as_string(), access ? "securechat" : "securechat.refresh");
    EXPECT_EQ(json->root()["token_use"].as_string(), access ? "access" : "refresh");
    EXPECT_EQ(json->root()["sub"].as_string(), "u1");
    // One does not pass as the other.
    EXPECT_EQ(verify(*token, access ? TokenUse::kRefresh : TokenUse::kAccess),
              Fault::kTokenInvalid);
  }
  EXPECT_EQ(tokens->issue(TokenUse::kAccess, claims, kNow, -1).code(), Code::kInvalid);
  EXPECT_EQ(tokens->issue(TokenUse::kAccess, claims, kNow, INT64_MAX).code(), Code::kInvalid);
  claims.email = std::string(4096, 'x');
  EXPECT_EQ(tokens->issue(TokenUse::kAccess, claims, kNow).code(), Code::kInvalid);
}

TEST_F(TokensTest, TheMintedTokenOfTheseTestsIsGood) {
  EXPECT_EQ(verify(mint(json_of(good_claims()))), Fault::kNone);
  EXPECT_EQ(verify(mint(with("extra", "[1,{\"a\":null}]"))), Fault::kNone);
  EXPECT_EQ(verify(mint(json_of(good_claims()), kAccessKey, R"({"alg":"HS256"})")), Fault::kNone);
  EXPECT_EQ(verify(mint(json_of(good_claims()), kAccessKey, R"({"typ":"JWT","alg":"HS256"})")),
            Fault::kNone);
  EXPECT_EQ(verify(mint(json_of(good_claims()), kAccessKey,
                        R"({"alg":"HS256","jku":"http://x","x5u":"http://x","x5c":["AA"],)"
                        R"("jwk":{"kty":"oct","k":"AAAA"}})")),
            Fault::kNone)
      << "a token does not bring its key";
}

// Shows: R10 R11 R12 S13
TEST_F(TokensTest, Headers) {
  const std::string payload = json_of(good_claims());
  for (const char* header : {R"({"alg":"none"})",
                             R"({"alg":"None"})",
                             R"({"alg":"HS512"})",
                             R"({"alg":"HS384"})",
                             R"({"alg":"hs256"})",
                             R"({"alg":"RS256"})",
                             R"({"alg":"HS256 "})",
                             R"({"ALG":"HS256"})",
                             R"({"alg":"HS256","alg":"HS256"})",
                             R"({"alg":"none","alg":"HS256"})",
                             R"({"alg":"HS256","al\u0067":"none"})",
                             R"({"alg":["HS256"]})",
                             R"({"alg":null})",
                             R"({"typ":"JWT"})",
                             R"({})",
                             R"(["HS256"])",
                             R"("HS256")",
                             R"(null)",
                             "",
                             R"({"alg":"HS256","crit":["exp"],"exp":1})",
                             R"({"alg":"HS256","crit":[]})",
                             R"({"alg":"HS256","kid":"../../etc/passwd"})",
                             R"({"alg":"HS256","kid":"unknown"})",
                             R"({"alg":"HS256","kid":""})",
                             R"({"alg":"HS256","kid":7})",
                             R"({"alg":"HS256","kid":null})",
                             R"({"alg":"HS256","kid":["a"]})",
                             R"({"alg":"HS256","kid":"a\u0000"})",
                             R"({"alg":"HS256"}x)",
                             R"({"alg":"HS256\u0000"})",
                             "\xEF\xBB\xBF{\"alg\":\"HS256\"}"}) {
    EXPECT_EQ(verify(mint(payload, kAccessKey, header)), Fault::kTokenInvalid) << header;
  }
}

// Shows: R10 R14 S13
TEST_F(TokensTest, SignaturesOfOtherAlgorithmsAndKeys) {
  const std::string payload = json_of(good_claims());
  for (const auto& [name, digest] :
       {std::pair{"HS512", EVP_sha512()}, std::pair{"HS384", EVP_sha384()}}) {
    const std::string input = base64url_encode(std::string(R"({"alg":")") + name + "\"}") + "." +
                              base64url_encode(payload);
    EXPECT_EQ(verify(input + "." + base64url_encode(hmac(digest, input))), Fault::kTokenInvalid);
  }
  EXPECT_EQ(verify(mint(payload, "")), Fault::kTokenInvalid);
  EXPECT_EQ(verify(mint(payload, kRefreshKey)), Fault::kTokenInvalid);
  EXPECT_EQ(verify(mint(payload, "another-key-0123456789-abcdefghijklmn")), Fault::kTokenInvalid);
  const std::string none = base64url_encode(R"({"alg":"none"})") + "." + base64url_encode(payload);
  EXPECT_EQ(verify(none), Fault::kTokenInvalid);
  EXPECT_EQ(verify(none + "."), Fault::kTokenInvalid);
}

// Shows: R12 R20
TEST_F(TokensTest, EveryFlippedBitOfTheTokenIsNoticed) {
  const std::string good = mint(json_of(good_claims()));
  for (std::size_t i = 0; i < good.size(); ++i) {
    for (const int bit : {0, 3, 5}) {
      std::string bad = good;
      bad[i] = static_cast<char>(bad[i] ^ (1 << bit));
      EXPECT_EQ(verify(bad), Fault::kTokenInvalid) << i;
    }
  }
  for (std::size_t cut = 0; cut < good.size(); ++cut) {
    EXPECT_EQ(verify(good.substr(0, cut)), Fault::kTokenInvalid) << cut;
  }
}

// Shows: R12
TEST_F(TokensTest, Shapes) {
  const std::string good = mint(json_of(good_claims()));
  for (const std::string& bad :
       {std::string(), std::string("."), std::string(".."), std::string("..."),
        std::string("a.b.c"), good + ".", good + ".x", "." + good, good + "=", good + " ",
        " " + good, good + "\n", good + std::string(1, '\0'), good.substr(0, good.rfind('.')),
        good.substr(0, good.rfind('.') + 1), good.substr(0, good.rfind('.')) + "=." + "AAAA",
        std::string(4097, 'a'), good + std::string(5000, 'A')}) {
    EXPECT_EQ(verify(bad), Fault::kTokenInvalid) << bad.substr(0, 40);
  }
  // 4096 bytes pass and one more does not.
  ClaimMap claims = good_claims();
  std::string longest;
  for (std::size_t padding = 2600; padding < 3000; ++padding) {
    claims["pad"] = std::string("\"").append(padding, 'x').append("\"");
    const std::string token = mint(json_of(claims));
    EXPECT_EQ(verify(token), token.size() <= kMaxTokenBytes ? Fault::kNone : Fault::kTokenInvalid);
  }
}

// Shows: R12
TEST_F(TokensTest, Payloads) {
  for (const std::string& payload :
       {std::string("[]"), "[" + json_of(good_claims()) + "]", std::string("\"x\""),
        std::string("null"), std::string("{}"), json_of(good_claims()) + "x",
        "{\"exp\":1," + json_of(good_claims()).substr(1), std::string("{\"a\":\"\xff\"}")}) {
    EXPECT_EQ(verify(mint(payload)), Fault::kTokenInvalid) << payload;
  }
}

// Shows: R13 S13 S43
TEST_F(TokensTest, EveryClaimIsRequiredWithItsType) {
  for (const auto& [key, value] : good_claims()) {
    ClaimMap claims = good_claims();
    claims.erase(key);
    EXPECT_EQ(verify(mint(json_of(claims))), Fault::kTokenInvalid) << "without " << key;
    const bool number = key == "exp" || key == "iat";
    for (const char* other : {"null", "true", "[]", "{}"}) {
      EXPECT_EQ(verify(mint(with(key, other))), Fault::kTokenInvalid) << key << other;
    }
    EXPECT_EQ(verify(mint(with(key, number ? "\"1700003600\"" : "5"))), Fault::kTokenInvalid)
        << key << " of the wrong type";
    if (!number && key != "email") {
      EXPECT_EQ(verify(mint(with(key, "\"\""))), Fault::kTokenInvalid) << "empty " << key;
    }
  }
  for (const char* value : {"1700003600.5", "1e30", "1e999", "-1e30", "9007199254740993"}) {
    EXPECT_EQ(verify(mint(with("exp", value))), Fault::kTokenInvalid) << value;
    EXPECT_EQ(verify(mint(with("iat", value))), Fault::kTokenInvalid) << value;
    EXPECT_EQ(verify(mint(with("nbf", value))), Fault::kTokenInvalid) << value;
  }
}

// Shows: R13 R14 S13
TEST_F(TokensTest, OtherIssuersAudiencesAndUses) {
  for (const auto& [key, value] :
       std::vector<std::pair<std::string, std::string>>{{"iss", "evil"},
                                                        {"iss", "securechat "},
                                                        {"aud", "evil"},
                                                        {"aud", "securechat.refresh"},
                                                        {"token_use", "refresh"},
                                                        {"token_use", "Access"},
                                                        {"sub", "u2"},
                                                        {"userId", "u2"}}) {
    EXPECT_EQ(verify(mint(with(key, std::string("\"").append(value).append("\"")))),
              Fault::kTokenInvalid)
        << key << value;
  }
  EXPECT_EQ(verify(mint(with("aud", "[\"securechat\"]"))), Fault::kTokenInvalid);
  // The claims of an access token under the refresh key, and the other way round.
  EXPECT_EQ(verify(mint(json_of(good_claims()), kRefreshKey), TokenUse::kRefresh),
            Fault::kTokenInvalid);
}

// Shows: R13 R22
TEST_F(TokensTest, Times) {
  const auto at = [&](const std::string& payload, std::int64_t now) {
    return verify(mint(payload), TokenUse::kAccess, now);
  };
  const std::string good = json_of(good_claims());
  EXPECT_EQ(at(good, kNow + 3599), Fault::kNone);
  EXPECT_EQ(at(good, kNow + 3600), Fault::kTokenExpired) << "there is no leeway";
  EXPECT_EQ(at(with("exp", "-1"), kNow), Fault::kTokenExpired);
  EXPECT_EQ(at(good, kNow - 60), Fault::kNone);
  EXPECT_EQ(at(good, kNow - 61), Fault::kTokenInvalid) << "iat in the future";
  EXPECT_EQ(at(with("nbf", "1700000060"), kNow), Fault::kNone);
  EXPECT_EQ(at(with("nbf", "1700000061"), kNow), Fault::kTokenInvalid);
}

// Shows: R13 S5
TEST_F(TokensTest, ExpiredIsSaidOnlyWhenEverythingElseIsRight) {
  ClaimMap claims = good_claims();
  claims["exp"] = "1699999999";
  EXPECT_EQ(verify(mint(json_of(claims))), Fault::kTokenExpired);
  EXPECT_EQ(verify(mint(json_of(claims), kRefreshKey)), Fault::kTokenInvalid);
  for (const char* key : {"iss", "aud", "sub", "token_use"}) {
    ClaimMap two = claims;
    two[key] = "\"evil\"";
    EXPECT_EQ(verify(mint(json_of(two))), Fault::kTokenInvalid) << key;
  }
  claims["iat"] = "1700001000";
  EXPECT_EQ(verify(mint(json_of(claims))), Fault::kTokenInvalid);
}

}  // namespace
}  // namespace securechat::auth
