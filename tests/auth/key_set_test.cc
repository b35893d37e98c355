#include "auth/key_set.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

#include "base/text.h"

namespace securechat::auth {
namespace {

// Random enough, and each another one.
std::string secret(char mark) {
  return std::string("0123456789abcdefghijklmnopqrstu") + mark;
}
std::string entry(const std::string& use, const std::string& kid, const std::string& key,
                  const std::string& more = {}) {
  return R"({"kty":"oct","use":")" + use + R"(","kid":")" + kid + R"(","k":")" +
         base64url_encode(key) + "\"" + more + "}";
}
std::string set_of(const std::string& entries) {
  return R"({"keys":[)" + entries + "]}";
}
const std::string kAccess = entry("access", "a1", secret('A'));
const std::string kRefresh = entry("refresh", "r1", secret('B'));

// Shows: R23
TEST(KeySetTest, ReadsKeysInTheirOrder) {
  const Result<KeySet> keys =
      parse_key_set(set_of(kAccess + "," + kRefresh + "," +
                           entry("access", "A.b_c-9", secret('C'), R"(,"alg":"HS256","x":[1])")));
  ASSERT_TRUE(keys.ok()) << keys.message();
  ASSERT_EQ(keys->access.size(), 2U);
  EXPECT_EQ(keys->access[0].kid, "a1");
  EXPECT_EQ(keys->access[0].key.view(), secret('A'));
  EXPECT_EQ(keys->access[1].kid, "A.b_c-9");
  ASSERT_EQ(keys->refresh.size(), 1U);
  EXPECT_EQ(keys->refresh[0].key.view(), secret('B'));
}

// Shows: R10 R11 R15 S15
TEST(KeySetTest, EveryFaultNamesTheEntryAndNeverShowsAKey) {
  const auto refused = [](const std::string& third, std::string_view word) {
    const Result<KeySet> keys = parse_key_set(set_of(kAccess + "," + kRefresh + "," + third));
    ASSERT_FALSE(keys.ok()) << third;
    EXPECT_EQ(keys.code(), Code::kInvalid);
    EXPECT_NE(keys.message().find(word), std::string::npos) << keys.message();
    EXPECT_EQ(keys.message().find("0123456789abcdef"), std::string::npos);
    EXPECT_EQ(keys.message().find(base64url_encode("0123456789abcdef")), std::string::npos);
  };
  refused(entry("access", "short", "0123456789abcdef0123456789abcde"), "\"short\" has 31 bytes");
  refused(entry("access", "low", std::string(64, 'x')), "\"low\" repeats");
  refused(entry("access", "empty", ""), "(\"empty\") has no k");
  refused(entry("access", "same", secret('A')), "\"same\" equals key \"a1\"");
  refused(entry("access", "same", secret('B')), "\"same\"");
  refused(entry("access", "a1", secret('C')), "earlier key");
  refused(entry("refresh", "a1", secret('C')), "earlier key");
  refused(entry("access", "", secret('C')), "key 3 needs a kid");
  refused(entry("access", "a/b", secret('C')), "key 3 needs a kid");
  refused(entry("access", "a b", secret('C')), "key 3 needs a kid");
  refused(entry("access", std::string(65, 'k'), secret('C')), "key 3 needs a kid");
  refused(entry("sig", "k", secret('C')), "must have a use");
  refused(entry("access", "k", secret('C'), R"(,"alg":"HS512")"), "alg");
  refused(entry("access", "k", secret('C'), R"(,"alg":null)"), "alg");
  refused(R"({"kty":"RSA","use":"access","kid":"k","k":"AAAA"})", "kty");
  refused(R"({"kty":"oct","use":"access","kid":"k"})", "has no k");
  refused(R"({"kty":"oct","use":"access","kid":"k","k":5})", "has no k");
  refused(R"({"kty":"oct","use":"access","kid":"k","k":"a b"})", "base64url");
  refused(R"({"kty":"oct","use":"access","kid":"k","k":"AAA="})", "base64url");
  refused(R"({"kty":"oct","use":"access","kid":7,"k":"AAAA"})", "kid");
  refused("5", "key 3");
  std::string placeholder;
  for (int i = 0; i < 4; ++i) placeholder += "your-secret-key-256-bits";
  refused(R"({"kty":"oct","use":"access","kid":"k","k":")" + placeholder + "\"}", "placeholder");
  refused(entry("access", "k", "changemechangemechangemechangemechangeme"), "placeholder");
}

TEST(KeySetTest, WhatIsNoSet) {
  for (const std::string& text :
       {std::string(), std::string("[]"), std::string("{}"), std::string(R"({"keys":{}})"),
        set_of(""), set_of(kAccess), set_of(kRefresh), set_of(kAccess + "," + kRefresh) + "x"}) {
    EXPECT_EQ(parse_key_set(text).code(), Code::kInvalid) << text;
  }
  std::string many;
  for (int i = 0; i < 65; ++i) {
    many += (i > 0 ? "," : "") + entry(i == 0 ? "refresh" : "access", "k" + std::to_string(i),
                                       secret(static_cast<char>('A' + i)));
  }
  EXPECT_NE(parse_key_set(set_of(many)).message().find("more than 64"), std::string::npos);
}

// Shows: R23
TEST(KeySetTest, RotationPutsNewKeysAtTheHeadAndKeepsSome) {
  const Result<KeySet> first = rotate_keys({}, 1, "d-");
  ASSERT_TRUE(first.ok()) << first.message();
  std::string text;
  write_key_set(*first, text);
  const Result<KeySet> read = parse_key_set(text);
  ASSERT_TRUE(read.ok()) << read.message();
  ASSERT_EQ(read->access.size(), 1U);
  EXPECT_TRUE(read->access[0].kid.starts_with("d-"));
  EXPECT_EQ(read->access[0].key.view(), first->access[0].key.view());
  EXPECT_EQ(read->access[0].key.view().size(), 32U);
  std::set<std::string> seen{first->access[0].kid, first->refresh[0].kid};

  Result<KeySet> keys = parse_key_set(text);
  for (std::size_t round = 1; round < 5; ++round) {
    const std::string newest = keys->access[0].kid;
    keys = rotate_keys(*std::move(keys), 2, "d-");
    ASSERT_TRUE(keys.ok());
    EXPECT_EQ(keys->access.size(), std::min<std::size_t>(round + 1, 3));
    EXPECT_EQ(keys->access[1].kid, newest);
    EXPECT_TRUE(seen.insert(keys->access[0].kid).second);
    EXPECT_TRUE(seen.insert(keys->refresh[0].kid).second);
  }
  keys = rotate_keys(*std::move(keys), 0, "d-");
  EXPECT_EQ(keys->access.size(), 1U);
  EXPECT_EQ(keys->refresh.size(), 1U);
}

}  // namespace
}  // namespace securechat::auth
