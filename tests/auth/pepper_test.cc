#include "auth/pepper.h"

#include <chrono>
#include <future>
#include <thread>

#include "auth_fixture.h"

namespace securechat::auth {
namespace {

constexpr std::string_view kKey = "pepper-0123456789-abcdefghijklmnop";

class PepperTest : public ::testing::Test {
 protected:
  static std::shared_ptr<const Pepper> pepper(std::string_view key) {
    return *Pepper::create(Secret(key));
  }
  static std::string hash(PasswordHasher& with, std::string_view password) {
    auto answer = std::make_shared<std::promise<std::string>>();
    EXPECT_TRUE(with.hash(Secret(password), [answer](Result<std::string> made) {
      answer->set_value(made.ok() ? *made : std::string());
    }));
    return answer->get_future().get();
  }
  static bool matches(PasswordHasher& with, std::string_view password, const std::string& stored) {
    auto answer = std::make_shared<std::promise<bool>>();
    EXPECT_TRUE(
        with.verify(Secret(password), stored, [answer](bool same) { answer->set_value(same); }));
    return answer->get_future().get();
  }

  WorkerPool pool{1, 4};
  std::unique_ptr<PasswordHasher> plain = *PasswordHasher::create(pool, 4);
  std::unique_ptr<PasswordHasher> peppered = *PasswordHasher::create(pool, 4, pepper(kKey));
};

TEST_F(PepperTest, IsBase64OfHmacSha384) {
  // RFC 4231, test case 2.
  EXPECT_EQ(pepper("Jefe")->season("what do ya want for nothing?")->view(),
            "r0XS43ZIQDFhf3jStYprG5x+9GT1oBtH5C7Dc2MiRF6OIkDKXmnix4syOez6shZJ");
}

TEST_F(PepperTest, SaysWhichPepperItIs) {
  EXPECT_EQ(pepper(kKey)->mark().size(), kPepperFamily.size() + 8);
  EXPECT_EQ(pepper(kKey)->mark(), pepper(kKey)->mark());
  EXPECT_NE(pepper(kKey)->mark(), pepper("another")->mark());
  EXPECT_TRUE(hash(*peppered, "Passw0rd").starts_with(pepper(kKey)->mark() + "$2b$04$"));
}

// Shows: R25
TEST_F(PepperTest, LongPasswordsCountInFull) {
  const std::string longest(kMaxPepperedBytes, 'x');
  const std::string stored = hash(*peppered, longest);
  EXPECT_TRUE(matches(*peppered, longest, stored));
  EXPECT_FALSE(matches(*peppered, longest.substr(1), stored));
  EXPECT_FALSE(matches(*peppered, longest + "x", stored));
  EXPECT_EQ(hash(*peppered, longest + "x"), "");
  EXPECT_EQ(hash(*peppered, std::string("a\0b", 3)), "");
}

TEST_F(PepperTest, OldHashesMatchAndAreRenewed) {
  const std::string old = hash(*plain, "Passw0rd");
  EXPECT_TRUE(matches(*peppered, "Passw0rd", old));
  EXPECT_FALSE(matches(*peppered, "Passw0rd2", old));
  EXPECT_FALSE(matches(*peppered, std::string(73, 'x'), hash(*plain, std::string(72, 'x'))));
  EXPECT_TRUE(peppered->outdated(old));
  EXPECT_FALSE(peppered->outdated(hash(*peppered, "Passw0rd")));
}

// Shows: R25
TEST_F(PepperTest, WithoutItsPepperAHashMatchesNothing) {
  const std::string stored = hash(*peppered, "Passw0rd");
  const auto other = *PasswordHasher::create(pool, 4, pepper("another"));
  EXPECT_FALSE(matches(*plain, "Passw0rd", stored));
  EXPECT_FALSE(matches(*other, "Passw0rd", stored));
  // The bcrypt part alone is not one of the password.
  EXPECT_FALSE(matches(*plain, "Passw0rd", stored.substr(pepper(kKey)->mark().size())));
}

class PepperedAccountsTest : public AuthTest {};

// Shows: R24
TEST_F(PepperedAccountsTest, ALoginRenewsTheHash) {
  WorkerPool pool(1, 8);
  const auto plain = *PasswordHasher::create(pool, 4);
  const auto pepper = *Pepper::create(Secret(kKey));
  const auto peppered = *PasswordHasher::create(pool, 4, pepper);
  const auto with = [&](PasswordHasher& hasher_now) {
    AccountOptions options;
    options.passwords.max_bytes = kMaxPepperedBytes;
    accounts = Accounts::create(*database, hasher_now, keyring, options, nullptr, clock, log);
  };
  const auto outside = [&](std::string_view mark) {
    bool found = false;
    EXPECT_TRUE(real_database
                    ->read_and_wait([&](storage::Stores& stores) {
                      found = *stores.users.has_hash_outside(kPepperFamily, mark);
                      return Status();
                    })
                    .ok());
    return found;
  };
  with(*plain);
  ASSERT_TRUE(sign_up("ada").ok());
  EXPECT_FALSE(outside("none"));
  with(*peppered);
  ASSERT_TRUE(log_in("ada@example.com").ok());
  // The login is answered first; its hash is renewed behind that.
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (!outside("none") && std::chrono::steady_clock::now() < deadline) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  EXPECT_TRUE(outside("none")) << "a start without the pepper finds it";
  EXPECT_TRUE(outside("p1.00000000"));
  EXPECT_FALSE(outside(pepper->mark()));
  pool.stop();
  real_database->close();
  accounts.reset();
}

}  // namespace
}  // namespace securechat::auth
