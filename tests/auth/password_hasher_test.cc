#include "auth/password_hasher.h"

#include <gtest/gtest.h>

#include <future>
#include <string>

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
  bool matches(std::string_view password, const std::string& stored) {
    const auto answer = std::make_shared<std::promise<bool>>();
    EXPECT_TRUE(
        hasher->verify(Secret(password), stored, [answer](bool same) { answer->set_value(same); }));
    return answer->get_future().get();
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

// Shows: R24
TEST_F(HasherTest, CostsOutsideTheRange) {
  EXPECT_FALSE(PasswordHasher::create(pool, 3).ok());
  EXPECT_FALSE(PasswordHasher::create(pool, 32).ok());
  EXPECT_TRUE(PasswordHasher::create(pool, 31).ok()) << "the dummy is not computed";
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
