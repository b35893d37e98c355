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
  EXPECT_EQ(missed({.rooms = {{"a", 0}, {"b", 0}}, .limit = 6}).messages.size(), 6U);
  const Missed over = missed({.rooms = {{"a", 0}, {"b", 0}}, .limit = 5});
  EXPECT_TRUE(over.more);
  EXPECT_TRUE(over.messages.empty());
  EXPECT_EQ(over.newest, 6);
  EXPECT_TRUE(missed({.rooms = {{"a", 0}}, .limit = 2}).more);
  EXPECT_FALSE(missed({.rooms = {{"a", 2}, {"b", 2}}, .limit = 4}).more)
      << "the known ones are free";
}

TEST_F(RecoveryTest, LongTextsAreBoundedBeforeTheyAreAllRead) {
  for (int n = 1; n <= 4; ++n) say(n, n % 2 == 0 ? "b" : "a");  // Six bytes each.
  EXPECT_FALSE(missed({.rooms = {{"a", 0}, {"b", 0}}, .byte_limit = 24}).more);
  const Missed over = missed({.rooms = {{"a", 0}, {"b", 0}}, .byte_limit = 23});
  EXPECT_TRUE(over.more);
  EXPECT_TRUE(over.messages.empty());
}

// A unit that is undone takes its number with it or leaves a gap; none is given twice.
TEST_F(RecoveryTest, NoNumberIsGivenTwice) {
  EXPECT_EQ(say(1, "a"), 1);
  const Status undone = database_->write_and_wait([](Stores& s) {
    Message message = make_message(2, "a");
    bool duplicate = false;
    (void)s.messages.append(message, duplicate);
    return Status(Code::kInvalid, "undone");
  });
  EXPECT_EQ(undone.code(), Code::kInvalid);
  const Status twice = database_->write_and_wait([](Stores& s) {
    Message message = make_message(1, "a");  // An id that is taken.
    bool duplicate = false;
    EXPECT_FALSE(s.messages.append(message, duplicate).ok());
    return Status();
  });
  ASSERT_TRUE(twice.ok()) << twice.message();
  const std::int64_t next = say(3, "b");
  EXPECT_GT(next, 1);
  EXPECT_EQ(places(missed({.rooms = {{"a", 0}, {"b", 0}}})), (Places{1, next}));
}

TEST_F(RecoveryTest, SessionsAreTakenOutOnce) {
  const RecoverySession one{"pid-1", "sid-1", "user", "login", "/", "[]", 5, 1'000};
  const RecoverySession old{"pid-2", "sid-2", "user", "login", "/x", "[]", 6, 10};
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
  EXPECT_EQ(taken[0].login, "login");
  EXPECT_EQ(taken[0].position, 5);
  EXPECT_EQ(taken[0].ended_at_ms, 1'000);
  ASSERT_TRUE(database_->write_and_wait(take).ok());
  EXPECT_TRUE(taken.empty()) << "what was too old went with the rest";
}

TEST_F(RecoveryTest, WhoWasLoggedOutIsDropped) {
  const User user = make_user(1);
  LoginSession kept{hex_id('c', 1), user.id, 1, 1'000'000, 1, false};
  LoginSession ended{hex_id('c', 2), user.id, 1, 1'000'000, 1, true};
  std::vector<RecoverySession> taken;
  const Status status = database_->write_and_wait([&](Stores& s) {
    for (const Status& step :
         {s.users.insert(user), s.sessions.insert(kept), s.sessions.insert(ended),
          s.recoveries.save({"pid-1", "sid-1", user.id, kept.sid, "/", "[]", 5, 10}),
          s.recoveries.save({"pid-2", "sid-2", user.id, ended.sid, "/", "[]", 5, 20}),
          // Of an external issuer, whose logins nobody keeps here.
          s.recoveries.save({"pid-3", "sid-3", "someone", "", "/", "[]", 5, 30})}) {
      if (!step.ok()) return step;
    }
    Result<std::vector<RecoverySession>> all = s.recoveries.take_all(0);
    if (all.ok()) taken = *std::move(all);
    return all.status();
  });
  ASSERT_TRUE(status.ok()) << status.message();
  ASSERT_EQ(taken.size(), 2U);
  EXPECT_EQ(taken[0].pid, "pid-1");
  EXPECT_EQ(taken[1].pid, "pid-3");
}

}  // namespace
}  // namespace securechat::storage
