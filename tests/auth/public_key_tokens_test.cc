#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include "auth_fixture.h"

namespace securechat::auth {
namespace {

using Key = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;

std::string pem_of(const Key& key, bool secret = false) {
  const std::unique_ptr<BIO, decltype(&BIO_free)> bio(BIO_new(BIO_s_mem()), BIO_free);
  if (secret) {
    PEM_write_bio_PrivateKey(bio.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr);
  } else {
    PEM_write_bio_PUBKEY(bio.get(), key.get());
  }
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &data);
  return {data, static_cast<std::size_t>(size)};
}

std::string sign(const Key& key, std::string_view text) {
  const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(),
                                                                        EVP_MD_CTX_free);
  std::size_t size = 0;
  const auto* bytes = reinterpret_cast<const unsigned char*>(text.data());
  EVP_DigestSignInit(context.get(), nullptr, EVP_sha256(), nullptr, key.get());
  EVP_DigestSign(context.get(), nullptr, &size, bytes, text.size());
  std::string signature(size, '\0');
  EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(signature.data()), &size, bytes,
                 text.size());
  signature.resize(size);
  return signature;
}

// JOSE wants r and s side by side, OpenSSL gives them in DER.
std::string raw_ecdsa(const std::string& der) {
  const auto* bytes = reinterpret_cast<const unsigned char*>(der.data());
  ECDSA_SIG* parts = d2i_ECDSA_SIG(nullptr, &bytes, static_cast<long>(der.size()));
  std::string raw(64, '\0');
  auto* out = reinterpret_cast<unsigned char*>(raw.data());
  BN_bn2binpad(ECDSA_SIG_get0_r(parts), out, 32);
  BN_bn2binpad(ECDSA_SIG_get0_s(parts), out + 32, 32);
  ECDSA_SIG_free(parts);
  return raw;
}

struct Issuer {
  std::string algorithm;
  Key key;
  [[nodiscard]] std::string token(std::string_view payload, std::string header = {}) const {
    if (header.empty()) {
      header = R"({"alg":")" + algorithm + R"(","typ":"JWT","kid":"k1"})";
    }
    const std::string input = base64url_encode(header) + "." + base64url_encode(payload);
    const std::string signature = sign(key, input);
    return input + "." + base64url_encode(algorithm == "ES256" ? raw_ecdsa(signature) : signature);
  }
  [[nodiscard]] TokenOptions options() const {
    TokenOptions options;
    options.algorithm = algorithm;
    options.public_key_pem = pem_of(key);
    return options;
  }
};

Issuer make_issuer(const std::string& algorithm) {
  if (algorithm == "RS256") {
    return {algorithm, Key(EVP_RSA_gen(2048), EVP_PKEY_free)};
  }
  return {algorithm, Key(EVP_EC_gen("P-256"), EVP_PKEY_free)};
}

constexpr const char* kPayload =
    R"({"sub":"auth0|1","name":"O'Brien","iss":"securechat","aud":["other","securechat"],)"
    R"("iat":1700000000,"exp":1700003600})";

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
  options.public_key_pem = pem_of(make_issuer(GetParam()).key, true);
  EXPECT_EQ(Tokens::create(std::move(options)).code(), Code::kInvalid) << "a private key";
}

INSTANTIATE_TEST_SUITE_P(Algorithms, PublicKeyTest, ::testing::Values("RS256", "ES256"));

// Shows: R15
TEST(PublicKeys, WeakOnes) {
  TokenOptions options;
  options.algorithm = "RS256";
  options.public_key_pem = pem_of(Key(EVP_RSA_gen(1024), EVP_PKEY_free));
  EXPECT_EQ(Tokens::create(std::move(options)).code(), Code::kInvalid);
  options = {};
  options.algorithm = "ES256";
  options.public_key_pem = pem_of(Key(EVP_EC_gen("P-384"), EVP_PKEY_free));
  EXPECT_EQ(Tokens::create(std::move(options)).code(), Code::kInvalid);
}

}  // namespace
}  // namespace securechat::auth
