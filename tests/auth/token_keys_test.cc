#include "auth/token_keys.h"

#include <gtest/gtest.h>

#include <string>

#include "auth_fixture.h"

namespace securechat::auth {
namespace {

// Shows: R15 S15
TEST(TokenKeys, SecretsThatAreRefusedNameOptionAndCure) {
  for (const std::string& secret :
       {std::string(), std::string("short"), std::string(31, 'x'),
        std::string("your-secret-key-256-bits"), std::string("your-refresh-secret"),
        std::string("secret"), std::string("CHANGEME"), std::string(64, 'x'),
        std::string("abababababababababababababababababab"),
        std::string("changemechangemechangemechangeme"),
        std::string("secretsecretsecretsecretsecretsecret"),
        std::string("your-secret-key-256-bitsyour-secret-key-256-bits")}) {
    for (const bool access : {true, false}) {
      TokenOptions options = token_options();
      (access ? options.keys.access : options.keys.refresh) = one_key(secret);
      const Result<std::unique_ptr<Tokens>> tokens = Tokens::create(std::move(options));
      ASSERT_FALSE(tokens.ok()) << secret;
      EXPECT_EQ(tokens.code(), Code::kInvalid);
      EXPECT_NE(tokens.message().find(access ? "auth.jwt_secret" : "auth.refresh_secret"),
                std::string::npos);
      EXPECT_NE(tokens.message().find("securechatd gen-secret"), std::string::npos);
      if (secret.size() > 10) {
        EXPECT_EQ(tokens.message().find(secret), std::string::npos) << "never the secret itself";
      }
    }
  }
}

TEST(TokenKeys, SecretsThatAreGood) {
  for (const std::string& secret :
       {std::string("0123456789abcdef0123456789abcdef"),
        std::string("test-secret-of-at-least-32-bytes-length"), std::string(kAccessKey)}) {
    EXPECT_TRUE(check_secret("x", secret).ok()) << secret;
  }
}

// Shows: R15 S13
TEST(TokenKeys, EqualKeysAreRefused) {
  TokenOptions options = token_options();
  options.keys.refresh = one_key(kAccessKey);
  const Result<std::unique_ptr<Tokens>> tokens = Tokens::create(std::move(options));
  ASSERT_FALSE(tokens.ok());
  EXPECT_NE(tokens.message().find("auth.jwt_secret"), std::string::npos);
  EXPECT_NE(tokens.message().find("gen-secret"), std::string::npos);
}

// Shows: R10
TEST(TokenKeys, OtherOptions) {
  TokenOptions options = token_options();
  options.algorithm = "none";
  EXPECT_EQ(Tokens::create(std::move(options)).code(), Code::kInvalid);
  options = token_options();
  options.algorithm = "hs256";
  EXPECT_EQ(Tokens::create(std::move(options)).code(), Code::kInvalid);
  options = token_options();
  options.access_ttl_s = 0;
  EXPECT_EQ(Tokens::create(std::move(options)).code(), Code::kInvalid);
  options = token_options();
  options.public_keys = "x";
  EXPECT_EQ(Tokens::create(std::move(options)).code(), Code::kInvalid);
  for (const char* algorithm : {"RS256", "ES256"}) {
    options = token_options();
    options.algorithm = algorithm;
    options.public_keys = "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n";
    EXPECT_EQ(Tokens::create(std::move(options)).code(), Code::kInvalid);
    options = token_options();
    options.algorithm = algorithm;
    EXPECT_EQ(Tokens::create(std::move(options)).code(), Code::kInvalid);
  }
}

}  // namespace
}  // namespace securechat::auth
