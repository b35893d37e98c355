#include "auth_fixture.h"
#include "storage/session_store.h"

namespace securechat::auth {
namespace {

using AccountLimitsTest = AuthTest;

// Shows: R33 S35
TEST_F(AccountLimitsTest, TheOldestSessionEnds) {
  create({RefreshRotation::kGrace, 3});
  std::vector<Grant> grants{sign_up("ada").value};
  for (int i = 0; i < 2; ++i) {
    grants.push_back(log_in("ada@example.com").value);
  }
  EXPECT_TRUE(take_revoked().empty());
  grants.push_back(log_in("ada@example.com").value);
  EXPECT_EQ(take_revoked(), std::vector<std::string>{grants[0].sid});
  EXPECT_EQ(who(grants[0].access_token).fault, Fault::kTokenInvalid);
  for (std::size_t i = 1; i < grants.size(); ++i) {
    EXPECT_TRUE(who(grants[i].access_token).ok());
  }
  // A lower limit holds at the next login.
  accounts->set_keyring(keyring, {RefreshRotation::kGrace, 1});
  const Grant only = log_in("ada@example.com").value;
  EXPECT_EQ(take_revoked(),
            (std::vector<std::string>{grants[1].sid, grants[2].sid, grants[3].sid}));
  EXPECT_TRUE(who(only.access_token).ok());
}

// Shows: R98
TEST_F(AccountLimitsTest, LoginsForgetSessionsThatHaveLongBeenOver) {
  constexpr std::int64_t kDayMs = 24 * 3600 * 1000;
  const Grant old = sign_up("ada").value;
  const auto is_kept = [&] {
    bool found = false;
    EXPECT_TRUE(real_database
                    ->read_and_wait([&](storage::Stores& stores) {
                      found = stores.sessions.find(old.sid)->has_value();
                      return Status();
                    })
                    .ok());
    return found;
  };
  clock.advance_ms(7 * kDayMs + kDayMs / 2);
  ASSERT_TRUE(log_in("ada@example.com").ok());
  EXPECT_TRUE(is_kept()) << "over since half a day";
  clock.advance_ms(kDayMs);
  ASSERT_TRUE(log_in("ada@example.com").ok());
  EXPECT_FALSE(is_kept());
  EXPECT_EQ(renew(old.refresh_token).fault, Fault::kTokenExpired);
}

// Shows: R29 S36
TEST_F(AccountLimitsTest, AFullPoolIsBusy) {
  const Grant grant = sign_up("ada").value;
  hasher.busy = true;
  EXPECT_EQ(sign_up("bob").fault, Fault::kBusy);
  EXPECT_EQ(log_in("ada@example.com").fault, Fault::kBusy);
  EXPECT_EQ(log_in("nobody@example.com").fault, Fault::kBusy) << "the same for unknown ones";
  EXPECT_EQ(change(grant, kPassword, "Passw0rd2"), Fault::kBusy);
  EXPECT_EQ(accounts->create_user("x", "x@example.com", Secret(kPassword), "").code(),
            Code::kAgain);
  hasher.busy = false;
  hasher.hash_busy_after = hasher.hashes.load();
  EXPECT_EQ(change(grant, kPassword, "Passw0rd2"), Fault::kBusy) << "between check and hash";
  EXPECT_TRUE(log_in("ada@example.com").ok()) << "the old password stands";
}

TEST_F(AccountLimitsTest, RealBcryptThroughThePool) {
  WorkerPool pool(2, 8);
  const std::unique_ptr<PasswordHasher> bcrypt = *PasswordHasher::create(pool, 4);
  accounts = Accounts::create(*database, *bcrypt, keyring, {}, nullptr, clock, log);
  ASSERT_TRUE(sign_up("ada").ok());
  EXPECT_TRUE(log_in("ada@example.com").ok());
  EXPECT_EQ(log_in("ada@example.com", "Wrong0000").fault, Fault::kInvalidCredentials);
  EXPECT_EQ(log_in("nobody@example.com").fault, Fault::kInvalidCredentials);
  pool.stop();
  EXPECT_EQ(log_in("ada@example.com").fault, Fault::kBusy);
  real_database->close();
  accounts.reset();
}

}  // namespace
}  // namespace securechat::auth
