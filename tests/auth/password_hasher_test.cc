#include "auth/password_hasher.h"

#include <gtest/gtest.h>

#include <future>
#include <string>
#include <tuple>

#include "auth_fixture.h"

namespace securechat::auth {
namespace {

class HasherTest : public ::testing::Test {
 protected:
  Result<std::string> hash(std::string_view password, PasswordHasher& with) {
    const auto answer = std::make_shared<std::promise<Result<std::string>>>();
    EXPECT_TRUE(with.hash(Secret(password), [answer](Result<std::string> made) {
      answer->set_value(std::move(made));
    }));
    return answer->get_future().get();
  }
  static bool matches(std::string_view password, const std::string& stored, PasswordHasher& with) {
    const auto answer = std::make_shared<std::promise<bool>>();
    EXPECT_TRUE(
        with.verify(Secret(password), stored, [answer](bool same) { answer->set_value(same); }));
    return answer->get_future().get();
  }
  bool matches(std::string_view password, const std::string& stored) {
    return matches(password, stored, *hasher);
  }
  // What it costs that `password` does not match.
  static std::uint64_t price_of(std::string_view password, const std::string& stored,
                                PasswordHasher& with) {
    const std::uint64_t before = with.rounds();
    EXPECT_FALSE(matches(password, stored, with)) << stored;
    return with.rounds() - before;
  }

  WorkerPool pool{1, 4};
  std::unique_ptr<PasswordHasher> hasher = *PasswordHasher::create(pool, 4);
};

TEST_F(HasherTest, HashesAndVerifies) {
  const Result<std::string> stored = hash("Passw0rd", *hasher);
  ASSERT_TRUE(stored.ok());
  EXPECT_TRUE(stored->starts_with("$2b$04$"));
  EXPECT_EQ(stored->size(), 60U);
  EXPECT_NE(*stored, *hash("Passw0rd", *hasher)) << "the salt differs";
  EXPECT_TRUE(matches("Passw0rd", *stored));
  EXPECT_FALSE(matches("passw0rd", *stored));
  EXPECT_FALSE(matches("", *stored));
}

// Shows: R24
TEST_F(HasherTest, KnownVector) {
  // From the OpenBSD test suite, as $2b$.
  EXPECT_TRUE(matches("U*U", "$2b$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"));
}

// Shows: R25 S21
TEST_F(HasherTest, CutPasswordsMatchNothing) {
  using namespace std::string_literals;
  const std::string longest(72, 'x');
  const std::string stored = *hash(longest, *hasher);
  EXPECT_TRUE(matches(longest, stored));
  EXPECT_FALSE(matches(longest + "y", stored));
  EXPECT_FALSE(hash(longest + "y", *hasher).ok());
  EXPECT_FALSE(hash("Passw0rd\0x"s, *hasher).ok());
  EXPECT_FALSE(matches("Passw0rd\0x"s, *hash("Passw0rd", *hasher)));
  EXPECT_FALSE(matches(std::string(2000, 'x'), stored));
}

// Shows: R27
TEST_F(HasherTest, UnknownAndBrokenHashesMatchNothing) {
  for (const char* stored : {"", "x", "*0", "$2b$04$", "$2b$99$CCCCCCCCCCCCCCCCCCCCC.", "$1$a$b"}) {
    EXPECT_FALSE(matches("Passw0rd", stored)) << stored;
  }
}

// Shows: R24
TEST_F(HasherTest, AnotherCostIsOutdated) {
  const std::unique_ptr<PasswordHasher> stronger = *PasswordHasher::create(pool, 5);
  const std::string stored = *hash("Passw0rd", *hasher);
  EXPECT_FALSE(hasher->outdated(stored));
  EXPECT_TRUE(stronger->outdated(stored));
  EXPECT_TRUE(hasher->outdated("$2a$04$xxx"));
  EXPECT_TRUE(hasher->outdated(""));
}

// Shows: R27 S17
TEST_F(HasherTest, EveryCheckThatFailsCostsTheSame) {
  const auto dear = *PasswordHasher::create(pool, 8);
  const std::string of_4 = *hash("Passw0rd", *hasher);
  const std::string of_8 = *hash("Passw0rd", *dear);
  // The cost was raised to 7, the cost was lowered to 6, everybody has 8, nobody has a hash yet.
  for (const auto& [cost, dearest, price] : {std::tuple(7, 4, 128U), std::tuple(6, 8, 256U),
                                             std::tuple(8, 8, 256U), std::tuple(5, 0, 32U)}) {
    const auto now = *PasswordHasher::create(pool, cost, nullptr, dearest);
    for (const char* stored : {"", "x", "*0", "$2b$04$", "$2b$99$CCCCCCCCCCCCCCCCCCCCC.",
                               "$1$saltsalt$qjXMvbEw8oaL.CzflDtaK/"}) {
      EXPECT_EQ(price_of("Passw0rd", stored, *now), price) << cost << stored;
    }
    EXPECT_EQ(price_of("passw0rd", of_4, *now), price) << cost;
    EXPECT_EQ(price_of(std::string(73, 'x'), of_4, *now), price) << cost;
    EXPECT_EQ(price_of("passw0rd", *hash("Passw0rd", *now), *now), price) << cost;
    if (dearest == 8) {
      EXPECT_EQ(price_of("passw0rd", of_8, *now), price) << cost;
    }
    const std::uint64_t before = now->rounds();
    EXPECT_TRUE(matches("Passw0rd", of_4, *now));
    EXPECT_EQ(now->rounds() - before, 16U) << "who is right waits no longer";
    EXPECT_FALSE(now->outdated(*hash("Passw0rd", *now))) << "new hashes have the cost of today";
    EXPECT_TRUE(now->outdated(of_4));
  }
}

// Shows: R24
TEST_F(HasherTest, CostsOutsideTheRange) {
  EXPECT_FALSE(PasswordHasher::create(pool, 3).ok());
  EXPECT_FALSE(PasswordHasher::create(pool, 32).ok());
  EXPECT_TRUE(PasswordHasher::create(pool, 31).ok()) << "the dummy is not computed";
  EXPECT_TRUE(PasswordHasher::create(pool, 4, nullptr, 39).ok()) << "no hash costs more than 31";
}

// Shows: R29 S36
TEST_F(HasherTest, AFullQueueRefuses) {
  std::promise<void> gate;
  std::promise<void> running;
  ASSERT_TRUE(pool.try_submit([&] {
    running.set_value();
    gate.get_future().wait();
  }));
  running.get_future().wait();
  int queued = 0;
  while (hasher->verify(Secret("x"), "", [](bool) {})) {
    ++queued;
  }
  EXPECT_EQ(queued, 4);
  EXPECT_FALSE(hasher->hash(Secret("x"), [](Result<std::string>) {}));
  gate.set_value();
  pool.stop();
}

TEST_F(HasherTest, TasksOutliveTheHasher) {
  std::promise<void> gate;
  ASSERT_TRUE(pool.try_submit([&] { gate.get_future().wait(); }));
  std::promise<bool> answer;
  ASSERT_TRUE(hasher->verify(Secret("x"), "", [&](bool same) { answer.set_value(same); }));
  hasher.reset();
  gate.set_value();
  EXPECT_FALSE(answer.get_future().get());
  pool.stop();
}

}  // namespace
}  // namespace securechat::auth
