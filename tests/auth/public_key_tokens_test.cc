#include <string>
#include <vector>

#include "issuer_fixture.h"

namespace securechat::auth {
namespace {

class PublicKeyTest : public AuthTest, public ::testing::WithParamInterface<const char*> {};

TEST_P(PublicKeyTest, AGoodTokenMakesThePrincipal) {
  const Issuer issuer = make_issuer(GetParam());
  create({}, make_keyring(issuer.options()));
  const Outcome<Principal> principal = who(issuer.token(kPayload));
  ASSERT_TRUE(principal.ok()) << static_cast<int>(principal.fault);
  EXPECT_EQ(principal.value.user_id, "auth0|1");
  EXPECT_EQ(principal.value.username, "O'Brien");
  EXPECT_EQ(principal.value.expires_at_s, 1'700'003'600);
  EXPECT_EQ(principal.value.role, "user");
  clock.advance_ms(3'600'000);
  EXPECT_EQ(who(issuer.token(kPayload)).fault, Fault::kTokenExpired);
}

// Shows: R10
TEST_P(PublicKeyTest, ConfusionsAreRefused) {
  const Issuer issuer = make_issuer(GetParam());
  const Issuer stranger = make_issuer(GetParam());
  create({}, make_keyring(issuer.options()));
  const std::string pem = pem_of(issuer.key);
  const std::string alg = GetParam();
  EXPECT_EQ(who(stranger.token(kPayload)).fault, Fault::kTokenInvalid);
  // The public key is no HMAC key, whatever the header says.
  for (const std::string& header :
       {std::string(R"({"alg":"HS256","typ":"JWT"})"), R"({"alg":")" + alg + "\"}",
        std::string(R"({"alg":"none"})")}) {
    EXPECT_EQ(who(mint(kPayload, pem, header)).fault, Fault::kTokenInvalid) << header;
  }
  for (const char* header : {R"({"alg":"RS512"})", R"({"alg":"rs256"})", R"({"alg":"es256"})",
                             R"({"alg":"ES384"})", R"({"alg":"none"})"}) {
    EXPECT_EQ(who(issuer.token(kPayload, header)).fault, Fault::kTokenInvalid) << header;
  }
  std::string bad = issuer.token(kPayload);
  bad[bad.size() - 10] = bad[bad.size() - 10] == 'A' ? 'B' : 'A';
  EXPECT_EQ(who(bad).fault, Fault::kTokenInvalid);
  const std::string good = issuer.token(kPayload);
  EXPECT_EQ(
      who(good.substr(0, good.rfind('.')) + "." + base64url_encode(std::string(64, '\0'))).fault,
      Fault::kTokenInvalid);
}

TEST_P(PublicKeyTest, Claims) {
  const Issuer issuer = make_issuer(GetParam());
  create({}, make_keyring(issuer.options()));
  const std::string rest = R"("iss":"securechat","aud":"securechat","iat":1700000000,)";
  const std::string times = rest + R"("exp":1700003600})";
  EXPECT_TRUE(who(issuer.token(R"({"sub":"1","username":"a",)" + times)).ok());
  for (
      const std::string& payload : std::vector<std::string>{
          R"({"username":"a",)" + times, R"({"sub":"","username":"a",)" + times,
          R"({"sub":5,"username":"a",)" + times, R"({"sub":"1",)" + times,
          R"({"sub":"1","username":"",)" + times, R"({"sub":"1","username":"a\u202eb",)" + times,
          R"({"sub":"1","username":"a","email":5,)" + times,
          R"({"sub":"1","username":"a","iss":"evil","aud":"securechat","iat":1,"exp":1700003600})",
          std::string(R"({"sub":"1","username":"a","iss":"securechat","aud":["x"],"iat":1,)") +
              R"("exp":1700003600})",
          std::string(R"({"sub":"1","username":"a","iss":"securechat","aud":["securechat",5],)") +
              R"("iat":1,"exp":1700003600})",
          R"({"sub":"1","username":"a",)" + rest + R"("exp":"1700003600"})",
          R"({"sub":"1","username":"a","iss":"securechat","aud":"securechat","iat":1700000000})"}) {
    EXPECT_EQ(who(issuer.token(payload)).fault, Fault::kTokenInvalid) << payload;
  }
}

TEST_P(PublicKeyTest, NothingIsIssuedHere) {
  const Issuer issuer = make_issuer(GetParam());
  create({}, make_keyring(issuer.options()));
  EXPECT_EQ(keyring->tokens->issue(TokenUse::kAccess, {}, 1).code(), Code::kUnsupported);
  EXPECT_EQ(accounts->issue_token("x", 0).code(), Code::kUnsupported);
  EXPECT_EQ(sign_up("ada").fault, Fault::kForbidden);
  EXPECT_EQ(log_in("ada@example.com").fault, Fault::kForbidden);
  EXPECT_EQ(renew(issuer.token(kPayload)).fault, Fault::kTokenInvalid);
  EXPECT_EQ(hasher.hashes + hasher.verifies, 0);
}

TEST_P(PublicKeyTest, KeysThatDoNotFit) {
  TokenOptions options = make_issuer(GetParam()).options();
  options.algorithm = options.algorithm == "RS256" ? "ES256" : "RS256";
  EXPECT_EQ(Tokens::create(std::move(options)).code(), Code::kInvalid);
  options = make_issuer(GetParam()).options();
  options.public_keys = pem_of(make_issuer(GetParam()).key, true);
  EXPECT_EQ(Tokens::create(std::move(options)).code(), Code::kInvalid) << "a private key";
}

// Shows: R20 R21
TEST_P(PublicKeyTest, TokensAreRevokedByWhatTheyAreCalled) {
  const Issuer issuer = make_issuer(GetParam());
  create({}, make_keyring(issuer.options()));
  const auto token = [&issuer](const std::string& names) {
    return issuer.token(std::string(kPayload).insert(1, names));
  };
  const std::string one = token(R"("jti":"one","sid":"login",)");
  const std::string two = token(R"("jti":"two","sid":"login",)");
  const std::string nameless = token("");
  EXPECT_TRUE(accounts->revoke_tokens("one", 1'700'003'600).ok());
  EXPECT_EQ(take_revoked(), std::vector<std::string>{"one"}) << "its sockets are told";
  EXPECT_EQ(who(one).fault, Fault::kTokenInvalid);
  EXPECT_EQ(who(issuer.token(std::string(kPayload).insert(1, R"("jti":"one","x":1,)"))).fault,
            Fault::kTokenInvalid)
      << "another text of the same name";
  EXPECT_TRUE(who(two).ok());
  EXPECT_TRUE(accounts->revoke_tokens("login", 0).ok());
  EXPECT_EQ(who(two).fault, Fault::kTokenInvalid);
  EXPECT_TRUE(who(token(R"("jti":"three","sid":"another",)")).ok());
  EXPECT_TRUE(who(nameless).ok()) << "what has no name cannot be revoked";

  create({}, make_keyring(issuer.options()));
  EXPECT_EQ(who(one).fault, Fault::kTokenInvalid) << "the database remembers";
  database->full = true;
  EXPECT_EQ(who(two).fault, Fault::kBusy) << "nobody is let in unasked";
  EXPECT_EQ(accounts->revoke_tokens("x", 0).code(), Code::kAgain);
}

TEST_P(PublicKeyTest, RevocationsThatAreRefused) {
  const Issuer issuer = make_issuer(GetParam());
  EXPECT_EQ(accounts->revoke_tokens("one", 0).code(), Code::kUnsupported) << "own tokens";
  create({}, make_keyring(issuer.options()));
  EXPECT_EQ(accounts->revoke_tokens("", 0).code(), Code::kInvalid);
  EXPECT_EQ(accounts->revoke_tokens(std::string(1025, 'x'), 0).code(), Code::kInvalid);
  EXPECT_EQ(accounts->revoke_tokens("one", -1).code(), Code::kInvalid);
  EXPECT_EQ(accounts->revoke_tokens("one", 1'700'000'000 + kMaxTokenTtlS + 1).code(),
            Code::kInvalid);
  EXPECT_TRUE(take_revoked().empty());
}

INSTANTIATE_TEST_SUITE_P(Algorithms, PublicKeyTest, ::testing::Values("RS256", "ES256"));

// Shows: R15
TEST(PublicKeys, WeakOnes) {
  TokenOptions options;
  options.algorithm = "RS256";
  options.public_keys = pem_of(Key(EVP_RSA_gen(1024), EVP_PKEY_free));
  EXPECT_EQ(Tokens::create(std::move(options)).code(), Code::kInvalid);
  options = {};
  options.algorithm = "ES256";
  options.public_keys = pem_of(Key(EVP_EC_gen("P-384"), EVP_PKEY_free));
  EXPECT_EQ(Tokens::create(std::move(options)).code(), Code::kInvalid);
}

}  // namespace
}  // namespace securechat::auth
