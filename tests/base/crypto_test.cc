#include <gtest/gtest.h>

#include <set>
#include <string>
#include <unordered_set>

#include "base/digest.h"
#include "base/random.h"
#include "base/random_pool.h"
#include "base/secret.h"
#include "base/seeded_hash.h"
#include "base/text.h"

namespace securechat {
namespace {

TEST(DigestTest, Sha256KnownAnswers) {
  EXPECT_EQ(hex_encode(*sha256("")),
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(hex_encode(*sha256("abc")),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(hex_encode(*sha256(std::string(1'000'000, 'a'))),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

// RFC 4231, test cases 1, 2 and 6 (a key longer than a block), and an empty key.
TEST(DigestTest, HmacSha256KnownAnswers) {
  EXPECT_EQ(hex_encode(*hmac_sha256(std::string(20, '\x0b'), "Hi There")),
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
  EXPECT_EQ(hex_encode(*hmac_sha256("Jefe", "what do ya want for nothing?")),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  EXPECT_EQ(hex_encode(*hmac_sha256(std::string(131, '\xaa'),
                                    "Test Using Larger Than Block-Size Key - Hash Key First")),
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
  EXPECT_EQ(hex_encode(*hmac_sha256({}, {})),
            "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
}

TEST(DigestTest, AKeyIsPreparedOnce) {
  for (const std::string& key : {std::string("Jefe"), std::string(131, '\xaa'), std::string()}) {
    const Result<HmacSha256> mac = HmacSha256::create(key);
    ASSERT_TRUE(mac.ok()) << mac.message();
    for (const std::string& text : {std::string(), std::string("once"), std::string(1'000, 'x')}) {
      EXPECT_EQ(*mac->of(text), *hmac_sha256(key, text));
      EXPECT_EQ(*mac->of(text), *hmac_sha256(key, text));
    }
  }
}

// Shows: R84
TEST(RandomTest, APoolGivesNothingTwice) {
  RandomPool pool;
  std::set<std::string> given;
  for (int i = 0; i < 10'000; ++i) {
    const std::string id = *pool.hex(1 + static_cast<std::size_t>(i) % 2 * 15);
    EXPECT_EQ(id.find_first_not_of("0123456789abcdef"), std::string::npos);
    if (id.size() == 32) {
      EXPECT_TRUE(given.insert(id).second);
    } else {
      EXPECT_EQ(id.size(), 2U);
    }
  }
  EXPECT_EQ(given.size(), 5'000U);
  for (int i = 0; i < 1'000; ++i) {
    const std::string id = *pool.base64url(18);
    std::string raw;
    EXPECT_TRUE(base64url_decode(id, raw));
    EXPECT_EQ(raw.size(), 18U);
    EXPECT_TRUE(given.insert(id).second);
  }
}

TEST(RandomTest, LengthsAndAlphabets) {
  for (const std::size_t bytes : {0U, 1U, 2U, 3U, 16U, 33U}) {
    const std::string hex = *random_hex(bytes);
    EXPECT_EQ(hex.size(), 2 * bytes);
    EXPECT_EQ(hex.find_first_not_of("0123456789abcdef"), std::string::npos);
    std::string raw;
    EXPECT_TRUE(base64url_decode(*random_base64url(bytes), raw));
    EXPECT_EQ(raw.size(), bytes);
  }
}

TEST(RandomTest, NeverTheSame) {
  std::set<std::string> seen;
  for (int i = 0; i < 1000; ++i) {
    EXPECT_TRUE(seen.insert(*random_hex(16)).second);
  }
}

// Shows: R84
TEST(RandomTest, FillsEveryByteOfALargeBuffer) {
  std::vector<unsigned char> bytes((std::size_t{1} << 20) + 77, 0);
  ASSERT_TRUE(random_bytes(bytes).ok());
  // 64 zero bytes in a row do not happen; they would show a part that was not filled.
  std::size_t zeros = 0;
  for (const unsigned char byte : bytes) {
    zeros = byte == 0 ? zeros + 1 : 0;
    ASSERT_LT(zeros, 64U);
  }
}

TEST(SecretTest, ConstantTimeEqual) {
  EXPECT_TRUE(constant_time_equal("", ""));
  EXPECT_TRUE(constant_time_equal("abc", "abc"));
  EXPECT_FALSE(constant_time_equal("abc", "abd"));
  EXPECT_FALSE(constant_time_equal("abc", "abcd"));
  EXPECT_FALSE(constant_time_equal("abc", ""));
  EXPECT_TRUE(constant_time_equal(std::string_view("a\0b", 3), std::string_view("a\0b", 3)));
  EXPECT_FALSE(constant_time_equal(std::string_view("a\0b", 3), std::string_view("a\0c", 3)));
}

// A string's own bytes, wherever its length says that they end.
bool storage_holds(const std::string& text, std::string_view bytes) {
  return std::string_view(text.data(), text.capacity()).find(bytes) != std::string_view::npos;
}

// Shows: R83
TEST(SecretTest, WipeClearsTheWholeStorage) {
  for (const std::string_view value : {"short", "a secret that does not fit inside the string"}) {
    std::string text(value);
    text.resize(3);  // The rest of the bytes stays behind the end.
    wipe(text);
    EXPECT_TRUE(text.empty());
    EXPECT_FALSE(storage_holds(text, value.substr(0, 3)));
    EXPECT_FALSE(storage_holds(text, value.substr(4)));
  }
}

// Shows: R83
TEST(SecretTest, TakeWipesTheArgument) {
  std::string text = "small key";
  const Secret secret = Secret::take(std::move(text));
  EXPECT_EQ(secret.view(), "small key");
  EXPECT_TRUE(text.empty());  // NOLINT(bugprone-use-after-move): that is what is tested.
  EXPECT_FALSE(storage_holds(text, "mall"));
}

// Shows: R83
TEST(SecretTest, MovesLeaveTheSourceWipedAndEmpty) {
  for (const char* value : {"small", "a secret that does not fit inside the string"}) {
    Secret source{std::string_view(value)};
    const char* storage = source.view().data();
    Secret target(std::move(source));
    EXPECT_EQ(target.view(), value);
    EXPECT_TRUE(source.empty());  // NOLINT(bugprone-use-after-move)
    if (target.view().data() != storage) {
      EXPECT_NE(std::string_view(storage, 5), std::string_view(value, 5));
    }
    Secret assigned(std::string_view("other"));
    assigned = std::move(target);
    EXPECT_EQ(assigned.view(), value);
    EXPECT_TRUE(target.empty());  // NOLINT(bugprone-use-after-move)
  }
}

TEST(SecretTest, SelfMoveEndsWipedAndSwapKeeps) {
  Secret secret(std::string_view("value"));
  Secret& same = secret;
  secret = std::move(same);
  EXPECT_TRUE(secret.empty());
  Secret other(std::string_view("other"));
  std::swap(other, other);
  EXPECT_EQ(other.view(), "other");
}

TEST(SecretTest, CopyIsExplicit) {
  const Secret secret(std::string_view("value"));
  EXPECT_EQ(secret.copy().view(), "value");
  EXPECT_FALSE(std::is_copy_constructible_v<Secret>);
  EXPECT_FALSE(std::is_copy_assignable_v<Secret>);
}

TEST(SeededHashTest, EqualForEqualAndSpread) {
  const SeededHash hash;
  std::unordered_set<std::size_t> seen;
  for (int i = 0; i < 10'000; ++i) {
    const std::string text = "key" + std::to_string(i);
    EXPECT_EQ(hash(text), hash(std::string(text)));
    seen.insert(hash(text));
  }
  EXPECT_EQ(seen.size(), 10'000U);
  EXPECT_NE(hash(std::string_view("\0", 1)), hash(""));
  EXPECT_NE(hash("12345678"), hash(std::string_view("12345678\0", 9)));
}

}  // namespace
}  // namespace securechat
