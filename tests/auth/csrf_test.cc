#include "auth/csrf.h"

#include <gtest/gtest.h>

#include "auth_fixture.h"

namespace securechat::auth {
namespace {

// Shows: R37 S28
TEST(CsrfTest, BelongsToItsSessionAndKey) {
  const Csrf csrf = *Csrf::create(one_key(kAccessKey));
  const Csrf other = *Csrf::create(one_key(kRefreshKey));
  const std::string token = *csrf.issue("s1");
  EXPECT_TRUE(csrf.verify("s1", token));
  EXPECT_FALSE(csrf.verify("s2", token));
  EXPECT_FALSE(csrf.verify("", token));
  EXPECT_FALSE(other.verify("s1", token));
  EXPECT_NE(token, *csrf.issue("s1"));
  EXPECT_FALSE(csrf.issue("").ok());
}

// Shows: R37 S28
TEST(CsrfTest, EveryChangeIsNoticed) {
  const Csrf csrf = *Csrf::create(one_key(kAccessKey));
  const std::string token = *csrf.issue("s1");
  for (std::size_t i = 0; i < token.size(); ++i) {
    for (int bit = 0; bit < 8; ++bit) {
      std::string bad = token;
      bad[i] = static_cast<char>(bad[i] ^ (1 << bit));
      EXPECT_FALSE(csrf.verify("s1", bad)) << i;
    }
    EXPECT_FALSE(csrf.verify("s1", token.substr(0, i)));
  }
  EXPECT_FALSE(csrf.verify("s1", token + "0"));
  EXPECT_FALSE(csrf.verify("s1", ""));
}

// Shows: R23
TEST(CsrfTest, WhatAnOlderKeyIssuedIsGoodUntilThatKeyIsRemoved) {
  std::vector<HmacKey> keys = one_key(kRefreshKey);
  keys.push_back({{}, Secret(kAccessKey)});
  const Csrf before = *Csrf::create(one_key(kAccessKey));
  const Csrf rotated = *Csrf::create(keys);
  const Csrf after = *Csrf::create(one_key(kRefreshKey));
  const std::string old_token = *before.issue("s1");
  EXPECT_TRUE(rotated.verify("s1", old_token));
  EXPECT_FALSE(rotated.verify("s2", old_token));
  EXPECT_FALSE(after.verify("s1", old_token));
  EXPECT_TRUE(after.verify("s1", *rotated.issue("s1"))) << "the first key issues";
}

// Shows: R37
TEST(CsrfTest, NothingWithoutAKey) {
  const Csrf csrf = *Csrf::create({});
  EXPECT_FALSE(csrf.issue("s1").ok());
  const Csrf keyed = *Csrf::create(one_key(kAccessKey));
  EXPECT_FALSE(csrf.verify("s1", *keyed.issue("s1")));
}

}  // namespace
}  // namespace securechat::auth
