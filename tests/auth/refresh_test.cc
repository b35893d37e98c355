#include <set>
#include <thread>

#include "auth_fixture.h"

namespace securechat::auth {
namespace {

using RefreshTest = AuthTest;

// Shows: R17 S1
TEST_F(RefreshTest, RotatesWithinTheSession) {
  const Grant first = sign_up("ada").value;
  const Outcome<Grant> second = renew(first.refresh_token);
  ASSERT_TRUE(second.ok());
  EXPECT_EQ(second.value.sid, first.sid);
  EXPECT_NE(second.value.refresh_token, first.refresh_token);
  EXPECT_NE(second.value.access_token, first.access_token);
  EXPECT_EQ(second.value.expires_in_s, 3600);
  EXPECT_TRUE(accounts->csrf_ok(first.sid, second.value.csrf_token));
  EXPECT_TRUE(second.value.user.password_hash.empty());
  EXPECT_TRUE(who(second.value.access_token).ok());
}

// Shows: R17
TEST_F(RefreshTest, ReuseEndsTheFamilyAndTellsItsSockets) {
  const Grant first = sign_up("ada").value;
  const Grant other = log_in("ada@example.com").value;
  const Grant second = renew(first.refresh_token).value;
  const Grant third = renew(second.refresh_token).value;
  EXPECT_EQ(renew(first.refresh_token).fault, Fault::kTokenReused);
  EXPECT_EQ(take_revoked(), std::vector<std::string>{first.sid});
  EXPECT_EQ(renew(third.refresh_token).fault, Fault::kTokenInvalid);
  EXPECT_EQ(who(third.access_token).fault, Fault::kTokenInvalid);
  EXPECT_TRUE(who(other.access_token).ok());
  EXPECT_TRUE(take_revoked().empty());
}

// Shows: R17
TEST_F(RefreshTest, VoidedTokens) {
  const Grant first = sign_up("ada").value;
  const Grant lost = renew(first.refresh_token).value;
  const Grant kept = renew(first.refresh_token).value;
  EXPECT_EQ(renew(lost.refresh_token).fault, Fault::kTokenInvalid);
  EXPECT_TRUE(who(kept.access_token).ok());
  EXPECT_TRUE(renew(kept.refresh_token).ok());
  EXPECT_EQ(renew(lost.refresh_token).fault, Fault::kTokenReused) << "two hold the family";
}

// Shows: R98
TEST_F(RefreshTest, OneSessionCannotFillTheDatabaseWithTokens) {
  const Grant first = sign_up("ada").value;
  const Grant other = log_in("ada@example.com").value;
  for (int i = 0; i < 120; ++i) {
    ASSERT_TRUE(renew(first.refresh_token).ok());
  }
  EXPECT_EQ(renew(first.refresh_token).fault, Fault::kTooManyAttempts);
  EXPECT_TRUE(renew(other.refresh_token).ok());
  EXPECT_TRUE(take_revoked().empty());
  clock.advance_ms(60'000);
  EXPECT_TRUE(renew(first.refresh_token).ok());
}

// Shows: R17
TEST_F(RefreshTest, StrictRefusesAnySecondUse) {
  create({RefreshRotation::kStrict, 10});
  const Grant first = sign_up("ada").value;
  const Grant second = renew(first.refresh_token).value;
  EXPECT_EQ(renew(first.refresh_token).fault, Fault::kTokenReused);
  EXPECT_EQ(renew(second.refresh_token).fault, Fault::kTokenInvalid);
}

TEST_F(RefreshTest, ReloadedOptionsHold) {
  const Grant first = sign_up("ada").value;
  EXPECT_TRUE(renew(first.refresh_token).ok());
  accounts->set_keyring(keyring, {RefreshRotation::kStrict, 10});
  EXPECT_EQ(renew(first.refresh_token).fault, Fault::kTokenReused);
  TokenOptions other = token_options();
  other.keys.refresh = one_key("another-refresh-key-0123456789-abcdefgh");
  const Grant second = sign_up("bob").value;
  accounts->set_keyring(make_keyring(std::move(other)), {});
  EXPECT_EQ(renew(second.refresh_token).fault, Fault::kTokenInvalid);
  EXPECT_TRUE(who(second.access_token).ok()) << "the access key is the same";
}

// Shows: R18 R34
TEST_F(RefreshTest, TheFamilyEndsSevenDaysAfterLogin) {
  Grant grant = sign_up("ada").value;
  const std::int64_t end = clock.unix_seconds() + 7 * 86400;
  for (int day = 0; day < 6; ++day) {
    clock.advance_ms(86'400'000);
    const Outcome<Grant> next = renew(grant.refresh_token);
    ASSERT_TRUE(next.ok());
    grant = next.value;
    const Verified verified =
        keyring->tokens->verify(TokenUse::kRefresh, grant.refresh_token, clock.unix_seconds());
    EXPECT_EQ(verified.claims.expires_at_s, end);
  }
  clock.advance_ms(86'400'000 - 600'000);
  const Outcome<Grant> last = renew(grant.refresh_token);
  ASSERT_TRUE(last.ok());
  EXPECT_EQ(last.value.expires_in_s, 600) << "no token outlives the session";
  clock.advance_ms(600'000);
  EXPECT_EQ(renew(last.value.refresh_token).fault, Fault::kTokenExpired);
  EXPECT_FALSE(who(last.value.access_token).ok());
}

// Shows: R14 S1
TEST_F(RefreshTest, WhatIsWrongWithATokenIsTold) {
  const Grant grant = sign_up("ada").value;
  for (const std::string& token :
       {std::string(), std::string("a.b.c"), grant.access_token, grant.refresh_token + "x"}) {
    EXPECT_EQ(renew(token).fault, Fault::kTokenInvalid);
  }
  ASSERT_TRUE(accounts->set_enabled(grant.user.id, false).ok());
  EXPECT_EQ(renew(grant.refresh_token).fault, Fault::kTokenInvalid);
  const Grant gone = sign_up("gone").value;
  ASSERT_TRUE(accounts->remove_user(gone.user.id).ok());
  EXPECT_EQ(renew(gone.refresh_token).fault, Fault::kTokenInvalid);
}

// Shows: R17 R93
TEST_F(RefreshTest, ParallelRefreshesFollowEachOther) {
  for (const RefreshRotation rotation : {RefreshRotation::kGrace, RefreshRotation::kStrict}) {
    create({rotation, 10});
    const bool strict = rotation == RefreshRotation::kStrict;
    const Grant grant = sign_up(strict ? "ada" : "bob").value;
    std::vector<std::thread> threads;
    std::vector<Outcome<Grant>> answers(16);
    for (Outcome<Grant>& answer : answers) {
      threads.emplace_back([this, &answer, &grant] { answer = renew(grant.refresh_token); });
    }
    for (std::thread& thread : threads) {
      thread.join();
    }
    int granted = 0;
    int good = 0;
    for (const Outcome<Grant>& answer : answers) {
      granted += answer.ok() ? 1 : 0;
      good += answer.ok() && renew(answer.value.refresh_token).ok() ? 1 : 0;
    }
    EXPECT_EQ(granted, strict ? 1 : 16);
    EXPECT_LE(good, 1) << "one successor at most is live";
  }
}

TEST_F(RefreshTest, Logout) {
  const Grant grant = sign_up("ada").value;
  const Grant second = renew(grant.refresh_token).value;
  const auto logout = [&](const std::string& token) {
    return wait_for<Fault>([&](auto done) { accounts->logout_by_refresh(token, done); });
  };
  EXPECT_EQ(logout("x"), Fault::kTokenInvalid);
  EXPECT_EQ(logout(grant.access_token), Fault::kTokenInvalid);
  EXPECT_EQ(logout(second.refresh_token), Fault::kNone);
  EXPECT_EQ(take_revoked(), std::vector<std::string>{grant.sid});
  EXPECT_EQ(logout(second.refresh_token), Fault::kNone) << "twice is once";
  EXPECT_TRUE(take_revoked().empty());
  EXPECT_EQ(renew(second.refresh_token).fault, Fault::kTokenInvalid);
  EXPECT_EQ(who(second.access_token).fault, Fault::kTokenInvalid);
}

// Shows: R97
TEST_F(RefreshTest, BusyAndBrokenStorage) {
  const Grant grant = sign_up("ada").value;
  database->full = true;
  EXPECT_EQ(renew(grant.refresh_token).fault, Fault::kBusy);
  EXPECT_EQ(who(grant.access_token).fault, Fault::kBusy);
  EXPECT_EQ(log_in("ada@example.com").fault, Fault::kBusy);
  EXPECT_EQ(sign_up("bob").fault, Fault::kBusy);
  EXPECT_EQ(wait_for<Fault>([&](auto done) { accounts->logout(grant.sid, done); }), Fault::kBusy);
  database->full = false;
  database->broken = true;
  EXPECT_EQ(renew(grant.refresh_token).fault, Fault::kBusy);
  EXPECT_EQ(log_in("ada@example.com").fault, Fault::kBusy);
  EXPECT_TRUE(logged("disk full"));
  database->broken = false;
  EXPECT_TRUE(renew(grant.refresh_token).ok()) << "nothing of it is left";
}

}  // namespace
}  // namespace securechat::auth
