// The JWK Set of an external issuer: which keys are taken, which are refused, and which one
// verifies.
#include "auth/jwk_set.h"

#include "auth/public_keys.h"
#include "issuer_fixture.h"

namespace securechat::auth {
namespace {

class JwkSetTest : public AuthTest, public ::testing::WithParamInterface<const char*> {
 protected:
  JwkSetTest() {
    a = std::make_unique<Issuer>(make_issuer(GetParam()));
    b = std::make_unique<Issuer>(make_issuer(GetParam()));
    algorithm = GetParam();
  }
  void trust(const std::vector<std::string>& keys) {
    TokenOptions options;
    options.algorithm = algorithm;
    options.public_keys = jwk_set(keys);
    accounts->set_keyring(make_keyring(std::move(options)), {});
  }
  [[nodiscard]] std::string token(const Issuer& issuer, const std::string& kid) const {
    return issuer.token(
        kPayload, R"({"alg":")" + algorithm + "\"" + (kid.empty() ? "" : R"(,"kid":)" + kid) + "}");
  }
  [[nodiscard]] std::string read(const std::vector<std::string>& keys) const {
    const Result<std::vector<IssuerKey>> read = read_jwk_set(jwk_set(keys), algorithm);
    return read.ok() ? std::to_string(read->size()) : read.message();
  }
  // How the other algorithm's keys look.
  [[nodiscard]] Issuer other() const {
    return make_issuer(algorithm == "RS256" ? "ES256" : "RS256");
  }

  std::string algorithm;
  std::unique_ptr<Issuer> a;
  std::unique_ptr<Issuer> b;
};

// Shows: R11 R23
TEST_P(JwkSetTest, TheNamedKeyVerifies) {
  trust({jwk_named(*a, "a"), jwk_named(*b, "b"), jwk_named(other(), "c")});
  EXPECT_EQ(who(token(*a, R"("a")")).fault, Fault::kNone);
  EXPECT_EQ(who(token(*b, R"("b")")).fault, Fault::kNone);
  for (const char* kid : {"", R"("b")", R"("c")", R"("A")", R"("")", R"("../a")", "null", "1"}) {
    EXPECT_EQ(who(token(*a, kid)).fault, Fault::kTokenInvalid) << kid;
  }
  const std::string header =
      R"({"alg":")" + algorithm + R"(","kid":"b","jku":"https://evil/keys",)";
  EXPECT_EQ(who(a->token(kPayload, header + R"("jwk":)" + jwk_of(*a, "") + "}")).fault,
            Fault::kTokenInvalid)
      << "a token does not bring its key";
  EXPECT_EQ(who(b->token(kPayload, header + R"("crit":["kid"]})")).fault, Fault::kTokenInvalid);
  EXPECT_EQ(who(b->token(kPayload, header + R"("x5u":"https://evil/x"})")).fault, Fault::kNone)
      << "nothing is fetched";
}

// As Amazon Cognito's, which are base64 with its signs.
// Shows: R10
TEST_P(JwkSetTest, AnIssuerNamesItsKeysAsItLikes) {
  const std::string first = "1234+example/AbC=";
  const std::string second = "https://issuer.example/keys?id=~" + std::string(224, 'k');
  ASSERT_EQ(second.size(), 256U);
  trust({jwk_named(*a, first), jwk_named(*b, second)});
  EXPECT_EQ(who(token(*a, "\"" + first + "\"")).fault, Fault::kNone);
  EXPECT_EQ(who(token(*b, "\"" + second + "\"")).fault, Fault::kNone);
  EXPECT_EQ(who(token(*b, "\"" + first + "\"")).fault, Fault::kTokenInvalid);
  EXPECT_EQ(who(token(*a, R"("1234+example/AbC")")).fault, Fault::kTokenInvalid);
}

// Shows: R23
TEST_P(JwkSetTest, AKeyThatIsRemovedVerifiesNoMore) {
  trust({jwk_named(*a, "a")});
  EXPECT_TRUE(who(token(*a, R"("a")")).ok());
  EXPECT_TRUE(who(token(*a, "")).ok()) << "there is but one key";
  trust({jwk_named(*b, "b"), jwk_named(*a, "a")});
  EXPECT_TRUE(who(token(*a, R"("a")")).ok());
  EXPECT_FALSE(who(token(*a, "")).ok());
  trust({jwk_named(*b, "b")});
  EXPECT_EQ(who(token(*a, R"("a")")).fault, Fault::kTokenInvalid);
  EXPECT_EQ(who(token(*a, R"("b")")).fault, Fault::kTokenInvalid);
  trust({jwk_of(*b, "")});
  EXPECT_TRUE(who(token(*b, R"("anything")")).ok()) << "the only key has no name";
}

// Shows: R10
TEST_P(JwkSetTest, AKeyServesItsOwnAlgorithmOnly) {
  // An RSA key could sign RS512, and a public key is bytes that an HMAC could be made with.
  trust({jwk_named(*a, "a")});
  EXPECT_EQ(who(a->token(kPayload, R"({"alg":"RS512","kid":"a"})")).fault, Fault::kTokenInvalid);
  EXPECT_EQ(
      who(mint(kPayload, jwk_set({jwk_named(*a, "a")}), R"({"alg":"HS256","kid":"a"})")).fault,
      Fault::kTokenInvalid);
  const Issuer stranger = other();
  EXPECT_EQ(
      who(stranger.token(kPayload, R"({"alg":")" + stranger.algorithm + R"(","kid":"a"})")).fault,
      Fault::kTokenInvalid);
  EXPECT_EQ(who(stranger.token(kPayload, R"({"alg":")" + algorithm + R"(","kid":"a"})")).fault,
            Fault::kTokenInvalid);
}

// Shows: R10
TEST_P(JwkSetTest, WhatIsForOthersIsPassedOver) {
  for (const std::string& entry :
       {jwk_named(other(), "x"), jwk_of(*b, R"(,"kid":"x","use":"enc")"),
        jwk_of(*b, R"(,"kid":"x","alg":"RSA-OAEP")"), jwk_of(*b, R"(,"kid":"x","alg":"PS256")"),
        jwk_of(*b, R"(,"kid":"x","key_ops":["encrypt"])"),
        std::string(R"({"kty":"OKP","crv":"Ed25519","x":"AAAA","kid":"x"})")}) {
    EXPECT_EQ(read({jwk_named(*a, "a"), entry}), "1") << entry;
    EXPECT_NE(read({entry}).find("holds no key for auth.algorithm " + algorithm),
              std::string::npos);
  }
  EXPECT_EQ(read({jwk_of(*a, R"(,"kid":"a","key_ops":["sign","verify"],"x5c":["AAAA"],"n2":1)")}),
            "1");
}

// Shows: R15
TEST_P(JwkSetTest, EveryFaultNamesTheEntry) {
  const std::string good = jwk_named(*a, "a");
  const auto refused = [&](const std::string& entry, std::string_view word) {
    const std::string message = read({good, entry});
    EXPECT_TRUE(message.starts_with("key 2 ")) << message;
    EXPECT_NE(message.find(word), std::string::npos) << message << " for " << entry;
  };
  refused(jwk_of(*b, R"(,"kid":"a")"), "earlier key");
  refused(jwk_of(*b, R"(,"kid":"a b")"), "kid");
  refused(jwk_of(*b, R"(,"kid":"a\u007f")"), "kid");
  refused(jwk_of(*b, R"(,"kid":"\u00e9")"), "kid");
  refused(jwk_of(*b, ",\"kid\":\"" + std::string(257, 'k') + "\""), "kid");
  refused(jwk_of(*b, R"(,"kid":"")"), "kid");
  refused(jwk_of(*b, R"(,"kid":5)"), "no text");
  refused(jwk_of(*b, R"(,"kid":"b","alg":null)"), "no text");
  refused(jwk_of(*b, R"(,"kid":"b","use":["sig"])"), "no text");
  refused(jwk_of(*b, R"(,"kid":"b","key_ops":"verify")"), "no list");
  refused(jwk_of(*b, R"(,"kid":"b","d":"AAAA")"), "private");
  refused(R"({"kty":"oct","k":"AAAA","kid":"b"})", "secret");
  refused(R"({"kid":"b"})", "kty");
  refused("[]", "kty");
  if (algorithm == "RS256") {
    refused(R"({"kty":"RSA","kid":"b"})", "n and e");
    refused(R"({"kty":"RSA","kid":"b","n":"AQAB=","e":"AQAB"})", "n and e");
    const Issuer small{algorithm, Key(EVP_RSA_gen(1024), EVP_PKEY_free)};
    refused(jwk_named(small, "b"), "2048 bits");
    refused(R"({"kty":"RSA","kid":"b","n":")" + number_of(b->key, "n") + R"(","e":"Ag"})", "RSA");
    refused(R"({"kty":"RSA","kid":"b","n":")" + base64url_encode(std::string(4096, 'x')) +
                R"(","e":"AQAB"})",
            "RSA");
  } else {
    const std::string x = number_of(b->key, "qx", 32);
    const std::string y = number_of(b->key, "qy", 32);
    refused(R"({"kty":"EC","crv":"P-256","kid":"b","x":")" + x + "\"}", "x and y");
    refused(R"({"kty":"EC","kid":"b","x":")" + x + R"(","y":")" + y + "\"}", "crv");
    refused(R"({"kty":"EC","crv":"P-256","kid":"b","x":")" + x + R"(","y":")" + x + "\"}", "point");
    refused(R"({"kty":"EC","crv":"P-256","kid":"b","x":"AAAA","y":")" + y + "\"}", "point");
  }
  EXPECT_NE(read({good, jwk_of(*b, "")}).find("no kid"), std::string::npos);
  EXPECT_NE(read({}).find("holds no key"), std::string::npos);
  for (const char* text : {"", "{}", "[]", R"({"keys":{}})", R"({"keys":[]}x)"}) {
    EXPECT_EQ(read_jwk_set(text, algorithm).code(), Code::kInvalid) << text;
  }
  const Result<PublicKeys> keys = PublicKeys::create(algorithm, " {\"keys\":5}");
  EXPECT_EQ(keys.message().substr(0, 16), "auth.public_key ");
}

INSTANTIATE_TEST_SUITE_P(Algorithms, JwkSetTest, ::testing::Values("RS256", "ES256"));

// The examples of RFC 7515, appendices A.2 and A.3.
constexpr const char* kRfcPayload =
    "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlf"
    "Q";

bool verifies(const std::string& algorithm, const std::string& jwk, const std::string& token) {
  const Result<PublicKeys> keys = PublicKeys::create(algorithm, jwk_set({jwk}));
  const std::optional<CompactToken> parts = open_compact_token(token, algorithm);
  EXPECT_TRUE(keys.ok()) << keys.message();
  return keys.ok() && parts && keys->signed_by_one(*parts);
}

TEST(JwsExamples, Es256) {
  const std::string key =
      R"({"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",)"
      R"("y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"})";
  const std::string input = std::string("eyJhbGciOiJFUzI1NiJ9.") + kRfcPayload + ".";
  const std::string signature =
      "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q";
  EXPECT_TRUE(verifies("ES256", key, input + signature));
  EXPECT_FALSE(verifies("ES256", key, input + "E" + signature.substr(1)));
  EXPECT_FALSE(verifies("ES256", key, input + base64url_encode(std::string(64, '\0'))));
  EXPECT_FALSE(verifies("ES256", key, input + base64url_encode(std::string(65, 'x'))));
}

TEST(JwsExamples, Rs256) {
  const std::string key =
      R"({"kty":"RSA","n":"ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw)"
      R"(-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_)"
      R"(7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlx)"
      R"(vb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54)"
      R"(h4FRWyuXpoQ","e":"AQAB"})";
  const std::string input = std::string("eyJhbGciOiJSUzI1NiJ9.") + kRfcPayload + ".";
  const std::string signature =
      "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5"
      "jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb"
      "1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QO"
      "YEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw";
  EXPECT_TRUE(verifies("RS256", key, input + signature));
  EXPECT_FALSE(verifies("RS256", key, input + "d" + signature.substr(1)));
}

}  // namespace
}  // namespace securechat::auth
