#include "auth/people.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace securechat::auth {
namespace {

Principal principal(const std::string& name) {
  Principal principal;
  principal.user_id = "id-" + name;
  principal.username = name;
  principal.email = name + "@example.org";
  return principal;
}

TEST(PeopleTest, SomebodyIsKeptOnceAndAsLongAsKnown) {
  People people;
  People::Known first = people.know(principal("ada"));
  People::Known second = people.know(principal("ada"));
  EXPECT_EQ(&*first, &*second);
  EXPECT_EQ(people.size(), 1U);
  EXPECT_EQ(first->user_id(), "id-ada");
  EXPECT_EQ(first->username(), "ada");
  EXPECT_EQ(first->email(), "ada@example.org");
  EXPECT_EQ(first->role(), "user");
  People::Known third = first.again();
  first = {};
  second = {};
  EXPECT_EQ(people.size(), 1U);
  EXPECT_EQ(third->username(), "ada");
  third = {};
  EXPECT_EQ(people.size(), 0U);
}

TEST(PeopleTest, WhoeverIsNamedDifferentlyIsAnother) {
  People people;
  Principal changed = principal("ada");
  const People::Known before = people.know(changed);
  for (std::string* text : {&changed.username, &changed.email, &changed.role}) {
    *text += "2";
    const People::Known after = people.know(changed);
    EXPECT_NE(&*before, &*after);
    EXPECT_EQ(people.size(), 2U);
  }
  EXPECT_EQ(before->username(), "ada");
}

TEST(PeopleTest, SessionsAreCountedByUserUnderAllTheirNames) {
  People people;
  Principal changed = principal("ada");
  const People::Known before = people.know(changed);
  changed.role = "admin";
  const People::Known after = people.know(changed);
  EXPECT_EQ(people.sessions_of("id-ada"), 0U) << "known, but not here";
  people.begin_session(before);
  people.begin_session(after);
  EXPECT_EQ(people.sessions_of("id-ada"), 2U);
  EXPECT_EQ(people.sessions_of("id-bob"), 0U);
  people.end_session(before);
  EXPECT_EQ(people.sessions_of("id-ada"), 1U);
}

TEST(PeopleTest, ManyThreadsForgetEverybodyInTheEnd) {
  People people;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&people] {
      for (int i = 0; i < 2'000; ++i) {
        const People::Known known = people.know(principal(std::to_string(i % 7)));
        const People::Known again = known.again();
        people.begin_session(known);
        (void)people.sessions_of("id-3");
        people.end_session(again);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(people.size(), 0U);
}

}  // namespace
}  // namespace securechat::auth
