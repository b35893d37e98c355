#include "fixture.h"
#include "storage/recovery_store.h"

namespace securechat::storage {
namespace {

class RecoveryTest : public StorageTest {
 protected:
  RecoveryTest() { database_ = open(); }
  std::int64_t say(int n, const std::string& room) {
    Message message = make_message(n, room);
    bool duplicate = false;
    const Status status =
        database_->write_and_wait([&](Stores& s) { return s.messages.append(message, duplicate); });
    EXPECT_TRUE(status.ok()) << status.message();
    return message.commit_seq;
  }
  Missed missed(const MissedQuery& query) {
    Missed result;
    const Status status = database_->read_and_wait([&](Stores& s) {
      Result<Missed> answer = s.messages.missed(query);
      if (answer.ok()) result = *std::move(answer);
      return answer.status();
    });
    EXPECT_TRUE(status.ok()) << status.message();
    return result;
  }
  static std::vector<std::int64_t> places(const Missed& missed) {
    std::vector<std::int64_t> result;
    for (const Message& message : missed.messages) result.push_back(message.commit_seq);
    return result;
  }
  std::unique_ptr<Database> database_;
};

using Places = std::vector<std::int64_t>;

TEST_F(RecoveryTest, CommitsAreNumberedOverAllRooms) {
  EXPECT_EQ(say(1, "a"), 1);
  EXPECT_EQ(say(2, "b"), 2);
  EXPECT_EQ(say(3, "a"), 3);
  database_.reset();
  database_ = open();
  EXPECT_EQ(say(4, "b"), 4) << "also after a restart";
}

TEST_F(RecoveryTest, WhatWasMissedComesInTheOrderOfCommits) {
  for (int n = 1; n <= 9; ++n) say(n, n % 3 == 0 ? "c" : n % 2 == 0 ? "b" : "a");
  const Missed both = missed({.rooms = {{"a", 1}, {"b", 3}}});
  EXPECT_EQ(places(both), (Places{4, 5, 7, 8}));
  EXPECT_FALSE(both.more);
  EXPECT_EQ(both.newest, 9);
  EXPECT_EQ(both.messages.front().room, "b");
  EXPECT_TRUE(missed({.rooms = {{"a", 9}, {"nowhere", 0}}}).messages.empty());
  EXPECT_TRUE(missed({.nsp = "/x", .rooms = {{"a", 0}}}).messages.empty());
}

TEST_F(RecoveryTest, TooMuchIsSaidToBeTooMuch) {
  for (int n = 1; n <= 6; ++n) say(n, n % 2 == 0 ? "b" : "a");
  EXPECT_FALSE(missed({.rooms = {{"a", 0}, {"b", 0}}, .limit = 6}).more);
  EXPECT_TRUE(missed({.rooms = {{"a", 0}, {"b", 0}}, .limit = 5}).more);
  EXPECT_TRUE(missed({.rooms = {{"a", 0}}, .limit = 2}).more);
}

TEST_F(RecoveryTest, SessionsAreTakenOutOnce) {
  const RecoverySession one{"pid-1", "sid-1", "user", "/", "[]", 5, 1'000};
  const RecoverySession old{"pid-2", "sid-2", "user", "/x", "[]", 6, 10};
  ASSERT_TRUE(database_
                  ->write_and_wait([&](Stores& s) {
                    Status status = s.recoveries.save(one);
                    return status.ok() ? s.recoveries.save(old) : status;
                  })
                  .ok());
  std::vector<RecoverySession> taken;
  const auto take = [&](Stores& s) {
    Result<std::vector<RecoverySession>> all = s.recoveries.take_all(500);
    if (all.ok()) taken = *std::move(all);
    return all.status();
  };
  ASSERT_TRUE(database_->write_and_wait(take).ok());
  ASSERT_EQ(taken.size(), 1U);
  EXPECT_EQ(taken[0].pid, "pid-1");
  EXPECT_EQ(taken[0].sid, "sid-1");
  EXPECT_EQ(taken[0].position, 5);
  EXPECT_EQ(taken[0].ended_at_ms, 1'000);
  ASSERT_TRUE(database_->write_and_wait(take).ok());
  EXPECT_TRUE(taken.empty()) << "what was too old went with the rest";
}

}  // namespace
}  // namespace securechat::storage
