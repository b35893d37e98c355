#include "auth/login_throttle.h"

#include <gtest/gtest.h>

#include <optional>
#include <thread>
#include <vector>

#include "auth_fixture.h"

namespace securechat::auth {
namespace {

constexpr std::int64_t kMinute = 60'000;
constexpr std::int64_t kHour = 60 * kMinute;
constexpr std::int64_t kDay = 24 * kHour;

// Shows: R28 S23
TEST(DelayRuleTest, DoublesUpToItsLongestAndLocksAtAHundred) {
  const DelayRule rule{5, 15 * kMinute, 100};
  const std::vector<std::pair<std::int64_t, std::int64_t>> table{
      {0, 0},
      {1, 0},
      {4, 0},
      {5, 1'000},
      {6, 2'000},
      {7, 4'000},
      {14, 512'000},
      {15, 900'000},
      {16, 900'000},
      {99, 900'000},
      {100, kDay},
      {101, kDay},
      {1'000'000, kDay},
  };
  for (const auto& [failures, delay] : table) {
    EXPECT_EQ(rule.delay_ms(failures), delay) << failures;
  }
  EXPECT_EQ((DelayRule{0, 15 * kMinute, 100}).delay_ms(1000), 0) << "turned off";
  EXPECT_EQ((DelayRule{5, 15 * kMinute, 0}).delay_ms(1000), 15 * kMinute) << "never locked";
  EXPECT_EQ((DelayRule{1000, 15 * kMinute, 100}).delay_ms(100), kDay) << "whatever is free";
}

// Shows: R28 R64
TEST(FailureTableTest, AFloodOfNamesFreesNobodyFromAWait) {
  const DelayRule rule{5, 15 * kMinute, 100};
  FailureTable table(100);
  for (int i = 0; i < 7; ++i) {
    table.count("victim", rule, 0);
  }
  for (int i = 0; i < 100'000; ++i) {
    table.count("name " + std::to_string(i), rule, i);
  }
  EXPECT_EQ(table.size(), 100U);
  EXPECT_EQ(table.find("victim", 3'999).failures, 7);
  EXPECT_EQ(table.find("victim", 3'999).until_ms, 4'000);
  EXPECT_EQ(table.find("name 0", 0).failures, 0) << "forgotten for the newer ones";
}

// Shows: R64
TEST(FailureTableTest, WaitingOnesAreBoundedToo) {
  const DelayRule rule{1, 15 * kMinute, 100};
  FailureTable table(10);
  for (int i = 0; i < 1'000; ++i) {
    table.count(std::to_string(i), rule, 0);
  }
  EXPECT_EQ(table.size(), 8U) << "four fifths";
  EXPECT_EQ(table.find("999", 0).failures, 1);
  table.count("newcomer", DelayRule{}, 0);
  EXPECT_EQ(table.find("newcomer", 0).failures, 1);
}

TEST(FailureTableTest, FailuresAreForgottenADayAfterTheWait) {
  const DelayRule rule{2, 15 * kMinute, 100};
  FailureTable table;
  table.count("a", rule, 0);
  table.count("a", rule, 0);
  EXPECT_EQ(table.find("a", kDay + 999).failures, 2);
  EXPECT_EQ(table.find("a", kDay + 1'000).failures, 0);
  table.count("b", rule, 3 * kDay);
  EXPECT_EQ(table.size(), 1U) << "who is forgotten takes no memory";
  table.count("b", rule, 6 * kDay);
  EXPECT_EQ(table.find("b", 6 * kDay).failures, 1) << "counted anew";
}

class ThrottleTest : public ::testing::Test {
 protected:
  using Pass = LoginThrottle::Pass;

  // What is decided at once; nothing when the attempt has to wait for others.
  std::optional<Pass> enter(const std::string& account, const std::string& address = "") {
    auto answer = std::make_shared<std::optional<Pass>>();
    throttle.enter({account, address}, [answer](Pass pass) { *answer = std::move(pass); });
    return std::move(*answer);
  }
  void fail(int times, const std::string& account, const std::string& address = "") {
    for (int i = 0; i < times; ++i) {
      std::optional<Pass> pass = enter(account, address);
      ASSERT_TRUE(pass && pass->allowed()) << i;
      pass->failed();
    }
  }
  std::int64_t wait_of(const std::string& account, const std::string& address = "") {
    const std::optional<Pass> pass = enter(account, address);
    return pass ? pass->retry_after_ms() : -1;
  }

  ManualClock clock;
  LoginThrottle throttle{clock, {}};
};

TEST_F(ThrottleTest, WaitsGrowAndASuccessEndsThem) {
  fail(5, "ada");
  for (std::int64_t delay = 1'000; delay <= 64'000; delay *= 2) {
    EXPECT_EQ(wait_of("ada"), delay);
    EXPECT_EQ(wait_of("bob"), 0) << "another account";
    clock.advance_ms(delay - 1);
    EXPECT_EQ(wait_of("ada"), 1) << "what is refused does not count";
    clock.advance_ms(1);
    fail(1, "ada");
  }
  clock.advance_ms(128'000);
  enter("ada")->succeeded();
  fail(5, "ada");
  EXPECT_EQ(wait_of("ada"), 1'000) << "from the beginning";
}

// Shows: R28 S23
TEST_F(ThrottleTest, NeverMoreThanAHundredInARow) {
  int guesses = 0;
  for (std::int64_t second = 0; second < 3 * 24 * 3600; second += 100) {
    if (std::optional<Pass> pass = enter("ada"); pass->allowed()) {
      pass->failed();
      ++guesses;
    }
    clock.advance_ms(100'000);
  }
  // A hundred in the first day or so, then one a day.
  EXPECT_GE(guesses, 100);
  EXPECT_LE(guesses, 102);
  throttle.forget_account("ada");
  EXPECT_EQ(wait_of("ada"), 0) << "a new password opens the account";
}

// Shows: R28
TEST_F(ThrottleTest, AnAddressIsCountedForItself) {
  for (int i = 0; i < 5; ++i) {
    fail(1, "user " + std::to_string(i), "10.0.0.1");
  }
  EXPECT_EQ(wait_of("fresh", "10.0.0.1"), 1'000);
  EXPECT_EQ(wait_of("fresh", "10.0.0.2"), 0);
  clock.advance_ms(1'000);
  enter("fresh", "10.0.0.1")->succeeded();
  EXPECT_EQ(wait_of("user 0", "10.0.0.1"), 0);
}

// Who sprays one password over many accounts has one of his own, and logs in to it in between.
// Shows: R28
TEST_F(ThrottleTest, ASuccessOfOnesOwnDoesNotClearTheAddress) {
  for (int i = 0; i < 5; ++i) {
    fail(1, "user " + std::to_string(i), "10.0.0.1");
    if (i < 4) enter("own", "10.0.0.1")->succeeded();
  }
  for (std::int64_t delay = 1'000; delay <= 64'000; delay *= 2) {
    EXPECT_EQ(wait_of("own", "10.0.0.1"), delay);
    clock.advance_ms(delay);
    enter("own", "10.0.0.1")->succeeded();
    fail(1, "another", "10.0.0.1");
    enter("own", "")->succeeded();
  }
}

// Many people behind one address mistype now and then: time takes their failures back.
// Shows: R28 S23
TEST_F(ThrottleTest, AnAddressLosesAFailureInEachOfTheLongestWaits) {
  for (int i = 0; i < 1'000; ++i) {
    fail(1, "user " + std::to_string(i), "10.0.0.1");
    EXPECT_EQ(wait_of("fresh", "10.0.0.1"), 0) << i;
    clock.advance_ms(15 * kMinute);
  }
  fail(5, "x", "10.0.0.1");
  clock.advance_ms(1'000);
  fail(1, "y", "10.0.0.1");
  EXPECT_EQ(wait_of("fresh", "10.0.0.1"), 2'000) << "six";
  clock.advance_ms(2 * 15 * kMinute);
  EXPECT_EQ(wait_of("fresh", "10.0.0.1"), 0);
  fail(1, "z", "10.0.0.1");
  EXPECT_EQ(wait_of("fresh", "10.0.0.1"), 1'000) << "two were taken back";
}

TEST_F(ThrottleTest, UndecidedAttemptsCountForNothing) {
  for (int i = 0; i < 50; ++i) {
    EXPECT_EQ(wait_of("ada", "10.0.0.1"), 0);
  }
}

// Shows: R28
TEST_F(ThrottleTest, ParallelAttemptsWaitForThoseThatRun) {
  std::vector<Pass> running;
  for (int i = 0; i < 5; ++i) {
    running.push_back(std::move(*enter("ada")));
  }
  std::vector<std::int64_t> answers;
  std::vector<Pass> admitted;
  for (int i = 0; i < 3; ++i) {
    throttle.enter({"ada", ""}, [&](Pass pass) {
      answers.push_back(pass.retry_after_ms());
      if (pass.allowed()) {
        admitted.push_back(std::move(pass));
      }
    });
  }
  EXPECT_TRUE(answers.empty());
  running[0].succeeded();
  EXPECT_EQ(answers, std::vector<std::int64_t>{0}) << "one of five has ended, one may follow";
  for (int i = 1; i < 5; ++i) {
    running[static_cast<std::size_t>(i)].failed();
  }
  admitted[0].failed();
  EXPECT_EQ(answers, (std::vector<std::int64_t>{0, 1'000, 1'000})) << "five failed in a row";
}

TEST_F(ThrottleTest, AfterTheWaitOneTriesAtATime) {
  fail(5, "ada");
  clock.advance_ms(1'000);
  std::optional<Pass> one = enter("ada");
  EXPECT_TRUE(one->allowed());
  EXPECT_FALSE(enter("ada")) << "it waits for the first";
  one->failed();
  EXPECT_EQ(wait_of("ada"), 2'000);
}

// Shows: R29
TEST_F(ThrottleTest, ThoseWhoWaitAreBounded) {
  std::vector<Pass> running;
  for (int i = 0; i < 5; ++i) {
    running.push_back(std::move(*enter("ada")));
  }
  for (int i = 0; i < 64; ++i) {
    EXPECT_FALSE(enter("ada"));
  }
  EXPECT_EQ(wait_of("ada"), 1'000);
}

TEST_F(ThrottleTest, NewLimitsHoldForTheNextFailure) {
  throttle.configure({0, 0, 15 * kMinute});
  fail(200, "ada", "10.0.0.1");
  throttle.configure({3, 3, 15 * kMinute});
  fail(1, "ada", "10.0.0.1");
  EXPECT_EQ(wait_of("ada"), kDay);
}

TEST_F(ThrottleTest, NoMoreGuessesWithManyThreads) {
  std::atomic<int> guesses{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&] {
      for (int n = 0; n < 200; ++n) {
        throttle.enter({"ada", "10.0.0.1"}, [&](Pass pass) {
          if (pass.allowed()) {
            ++guesses;
            pass.failed();
          }
        });
      }
    });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  EXPECT_EQ(guesses, 5);
}

class ThrottledLoginTest : public AuthTest {
 protected:
  Outcome<Grant> attempt(const std::string& email, std::string_view password,
                         const std::string& address = "10.0.0.1", const std::string& bearer = "") {
    return wait_for<Outcome<Grant>>([&](auto done) {
      accounts->login({email, Secret(password), address, bearer}, done);
    });
  }
  void SetUp() override {
    AuthTest::SetUp();
    AccountOptions options;
    options.throttle.address_failures = 1'000;
    create(options);
  }
};

// Shows: R28 S17
TEST_F(ThrottledLoginTest, UnknownAccountsAreAnsweredAlike) {
  ASSERT_TRUE(sign_up("ada").ok());
  for (const char* email : {"ada@example.com", "nobody@example.com", " ADA2@Example.com"}) {
    for (int i = 0; i < 5; ++i) {
      EXPECT_EQ(attempt(email, "Wrong0000").fault, Fault::kInvalidCredentials);
    }
    const int before = hasher.verifies;
    const Outcome<Grant> refused = attempt(email, kPassword);
    EXPECT_EQ(refused.fault, Fault::kLoginThrottled);
    EXPECT_EQ(refused.retry_after_ms, 1'000);
    EXPECT_EQ(hasher.verifies, before) << "no hash is spent";
  }
  EXPECT_EQ(attempt("ada2@example.com", kPassword).fault, Fault::kLoginThrottled)
      << "however it is written";
  clock.advance_ms(1'000);
  EXPECT_TRUE(attempt("ada@example.com", kPassword).ok());
}

TEST_F(ThrottledLoginTest, WhatNoAccountCanHaveIsNotCounted) {
  ASSERT_TRUE(sign_up("ada").ok());
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(attempt("", kPassword).fault, Fault::kInvalidCredentials);
    EXPECT_EQ(attempt("no", kPassword).fault, Fault::kInvalidCredentials);
    EXPECT_EQ(attempt("ada@example.com", "").fault, Fault::kInvalidCredentials);
    EXPECT_EQ(attempt("ada@example.com", std::string(5000, 'x')).fault, Fault::kInvalidCredentials);
  }
  EXPECT_TRUE(attempt("ada@example.com", kPassword).ok());
}

// Shows: R28
TEST_F(ThrottledLoginTest, TheOwnerIsNotLockedOut) {
  const Grant grant = sign_up("ada").value;
  const Grant other = sign_up("bob").value;
  for (int i = 0; i < 6; ++i) {
    (void)attempt("ada@example.com", "Wrong0000");
  }
  EXPECT_EQ(attempt("ada@example.com", kPassword, "10.0.0.2", other.access_token).fault,
            Fault::kLoginThrottled);
  EXPECT_EQ(attempt("ada@example.com", kPassword, "10.0.0.2", "nonsense").fault,
            Fault::kLoginThrottled);
  EXPECT_TRUE(attempt("ada@example.com", kPassword, "10.0.0.2", grant.access_token).ok());
  // Who stole the token guesses no faster: its session is counted, too.
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(attempt("ada@example.com", "Wrong0000", "10.0.0.2", grant.access_token).fault,
              Fault::kInvalidCredentials);
  }
  EXPECT_EQ(attempt("ada@example.com", kPassword, "10.0.0.2", grant.access_token).fault,
            Fault::kLoginThrottled);
  AccountOptions strict;
  strict.spare_owner = false;
  create(strict);
  for (int i = 0; i < 5; ++i) {
    (void)attempt("ada@example.com", "Wrong0000", "10.0.0.3");
  }
  EXPECT_EQ(attempt("ada@example.com", kPassword, "10.0.0.2", grant.access_token).fault,
            Fault::kLoginThrottled);
}

TEST_F(ThrottledLoginTest, ANewPasswordOpensTheAccount) {
  const Grant grant = sign_up("ada").value;
  const auto lock = [&](std::string_view password) {
    for (int i = 0; i < 5; ++i) {
      (void)attempt("ada@example.com", "Wrong0000");
    }
    EXPECT_EQ(attempt("ada@example.com", password).fault, Fault::kLoginThrottled);
  };
  lock(kPassword);
  ASSERT_EQ(change(grant, kPassword, "Passw0rd2"), Fault::kNone);
  EXPECT_TRUE(attempt("ada@example.com", "Passw0rd2").ok());
  lock("Passw0rd2");
  ASSERT_TRUE(accounts->set_password(grant.user.id, Secret("Passw0rd3")).ok());
  EXPECT_TRUE(attempt("ada@example.com", "Passw0rd3").ok());
}

// Shows: R28 R30
TEST_F(ThrottledLoginTest, AWrongCurrentPasswordCountsAsALoginThatShowsTheToken) {
  const Grant grant = sign_up("ada").value;
  const Principal ada = who(grant.access_token).value;
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(change_from(ada, "Wrong0000", "Passw0rd2").fault, Fault::kInvalidCredentials);
  }
  const int before = hasher.verifies;
  const Outcome<std::monostate> refused = change_from(ada, kPassword, "Passw0rd2");
  EXPECT_EQ(refused.fault, Fault::kLoginThrottled);
  EXPECT_EQ(refused.retry_after_ms, 1'000);
  EXPECT_EQ(hasher.verifies, before) << "no hash is spent";
  EXPECT_EQ(attempt("ada@example.com", kPassword, "10.0.0.2", grant.access_token).fault,
            Fault::kLoginThrottled)
      << "one row for both";
  EXPECT_TRUE(attempt("ada@example.com", kPassword).ok()) << "the owner, elsewhere";
  clock.advance_ms(1'000);
  EXPECT_EQ(change_from(ada, kPassword, "short").fault, Fault::kPasswordTooShort) << "is no guess";
  EXPECT_EQ(change_from(ada, kPassword, "Passw0rd2").fault, Fault::kNone);
  for (int i = 0; i < 4; ++i) {
    EXPECT_EQ(change_from(ada, "Wrong0000", "Passw0rd3").fault, Fault::kInvalidCredentials);
  }
  EXPECT_EQ(change_from(ada, "Passw0rd2", "Passw0rd3").fault, Fault::kNone) << "counted anew";
}

TEST_F(ThrottledLoginTest, StrangersKeepNobodyFromANewPassword) {
  const Principal ada = who(sign_up("ada").value.access_token).value;
  for (int i = 0; i < 6; ++i) {
    (void)attempt("ada@example.com", "Wrong0000");
  }
  EXPECT_EQ(change_from(ada, kPassword, "Passw0rd2").fault, Fault::kNone);
  AccountOptions strict;
  strict.spare_owner = false;
  create(strict);
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(change_from(ada, "Wrong0000", "Passw0rd3", "10.0.0.9").fault,
              Fault::kInvalidCredentials);
  }
  EXPECT_EQ(attempt("ada@example.com", "Passw0rd2").fault, Fault::kLoginThrottled)
      << "the account's row";
  EXPECT_EQ(attempt("bob@example.com", kPassword, "10.0.0.9").fault, Fault::kLoginThrottled)
      << "and the address's";
}

TEST_F(ThrottledLoginTest, FailuresBeforeTheRegistrationDoNotCount) {
  for (int i = 0; i < 5; ++i) {
    (void)attempt("ada@example.com", "Wrong0000");
  }
  EXPECT_EQ(attempt("ada@example.com", kPassword).fault, Fault::kLoginThrottled);
  ASSERT_TRUE(sign_up("ada").ok());
  EXPECT_TRUE(attempt("ada@example.com", kPassword).ok());
}

TEST_F(ThrottledLoginTest, ABusyServerCountsNothing) {
  ASSERT_TRUE(sign_up("ada").ok());
  hasher.busy = true;
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(attempt("ada@example.com", "Wrong0000").fault, Fault::kBusy);
  }
  hasher.busy = false;
  database->full = true;
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(attempt("ada@example.com", "Wrong0000").fault, Fault::kBusy);
  }
  database->full = false;
  EXPECT_TRUE(attempt("ada@example.com", kPassword).ok());
}

TEST_F(ThrottledLoginTest, ManyLoginsOfOneAccountAtOnceAllSucceed) {
  ASSERT_TRUE(sign_up("ada").ok());
  WorkerPool pool(2, 64);
  const std::unique_ptr<PasswordHasher> bcrypt = *PasswordHasher::create(pool, 4);
  ASSERT_EQ(hasher.mark, "fake:");
  accounts = Accounts::create(*database, *bcrypt, keyring, {}, nullptr, clock, log);
  ASSERT_TRUE(
      accounts->set_password(accounts->find_user("ada@example.com")->id, Secret(kPassword)).ok());
  std::vector<std::thread> threads;
  std::vector<Fault> faults(20);
  for (Fault& fault : faults) {
    threads.emplace_back([this, &fault] { fault = log_in("ada@example.com").fault; });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  EXPECT_EQ(std::count(faults.begin(), faults.end(), Fault::kNone), 20);
  pool.stop();
  real_database->close();
  accounts.reset();
}

}  // namespace
}  // namespace securechat::auth
