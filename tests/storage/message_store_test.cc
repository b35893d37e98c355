#include "fixture.h"

namespace securechat::storage {
namespace {

class MessageStoreTest : public StorageTest {
 protected:
  MessageStoreTest() { database_ = open(); }
  HistoryPage page(const HistoryQuery& query) {
    HistoryPage result;
    const Status status = database_->read_and_wait([&](Stores& s) {
      Result<HistoryPage> answer = s.messages.page(query);
      if (answer.ok()) {
        result = *std::move(answer);
      }
      return answer.status();
    });
    EXPECT_TRUE(status.ok()) << status.message();
    return result;
  }
  std::vector<std::int64_t> page_seqs(const HistoryQuery& query, bool more) {
    const HistoryPage result = page(query);
    EXPECT_EQ(result.more, more);
    std::vector<std::int64_t> seqs;
    for (const Message& message : result.messages) {
      seqs.push_back(message.seq);
    }
    return seqs;
  }
  std::unique_ptr<Database> database_;
};

using Seqs = std::vector<std::int64_t>;

TEST_F(MessageStoreTest, KeepsEveryField) {
  Message given = make_message(1, "lobby", "client-1");
  given.body = "<b>raw</b> \xE2\x82\xAC";
  ASSERT_TRUE(append(*database_, given).ok());
  const HistoryPage result = page({.room = "lobby"});
  ASSERT_EQ(result.messages.size(), 1U);
  const Message& message = result.messages.front();
  EXPECT_EQ(message.id, given.id);
  EXPECT_EQ(message.nsp, "/");
  EXPECT_EQ(message.room, "lobby");
  EXPECT_EQ(message.seq, 1);
  EXPECT_EQ(message.user_id, given.user_id);
  EXPECT_EQ(message.username, given.username);
  EXPECT_EQ(message.body, given.body);
  EXPECT_EQ(message.client_id, "client-1");
  EXPECT_EQ(message.created_at_ms, given.created_at_ms);
}

TEST_F(MessageStoreTest, PagesInBothDirections) {
  for (int n = 1; n <= 10; ++n) {
    ASSERT_TRUE(append(*database_, make_message(n)).ok());
    ASSERT_TRUE(append(*database_, make_message(100 + n, "other")).ok());
  }
  EXPECT_EQ(page_seqs({.room = "lobby", .limit = 3}, true), (Seqs{8, 9, 10}));
  EXPECT_EQ(page_seqs({.room = "lobby", .before = 8, .limit = 3}, true), (Seqs{5, 6, 7}));
  EXPECT_EQ(page_seqs({.room = "lobby", .before = 4, .limit = 3}, false), (Seqs{1, 2, 3}));
  EXPECT_EQ(page_seqs({.room = "lobby", .before = 1, .limit = 3}, false), (Seqs{}));
  EXPECT_EQ(page_seqs({.room = "lobby", .after = 2, .limit = 3}, true), (Seqs{3, 4, 5}));
  EXPECT_EQ(page_seqs({.room = "lobby", .after = 7, .limit = 3}, false), (Seqs{8, 9, 10}));
  EXPECT_EQ(page_seqs({.room = "lobby", .after = 10, .limit = 3}, false), (Seqs{}));
  EXPECT_EQ(page_seqs({.room = "lobby", .before = 6, .after = 2, .limit = 2}, true), (Seqs{3, 4}));
  EXPECT_EQ(page_seqs({.room = "lobby", .before = 6, .after = 2, .limit = 9}, false),
            (Seqs{3, 4, 5}));
  EXPECT_EQ(page_seqs({.room = "lobby", .limit = 10}, false), numbers_to(10));
  EXPECT_EQ(page_seqs({.room = "unknown"}, false), (Seqs{}));
  EXPECT_EQ(page_seqs({.nsp = "/admin", .room = "lobby"}, false), (Seqs{}));
  const Status bad = database_->read_and_wait(
      [](Stores& s) { return s.messages.page({.room = "lobby", .limit = 0}).status(); });
  EXPECT_EQ(bad.code(), Code::kInvalid);
}

TEST_F(MessageStoreTest, AClientIdIsStoredOncePerUserAndRoom) {
  ASSERT_TRUE(append(*database_, make_message(1, "lobby", "c")).ok());
  Message second = make_message(2, "lobby", "c");
  bool duplicate = false;
  ASSERT_TRUE(
      database_->write_and_wait([&](Stores& s) { return s.messages.append(second, duplicate); })
          .ok());
  EXPECT_TRUE(duplicate);
  EXPECT_EQ(second.id, make_message(1).id);
  EXPECT_EQ(second.body, make_message(1).body);
  EXPECT_EQ(second.seq, 1);
  EXPECT_EQ(second.room, "lobby");
  EXPECT_EQ(second.client_id, "c");

  Message other_user = make_message(3, "lobby", "c");
  other_user.user_id = hex_id('a', 2);
  ASSERT_TRUE(append(*database_, other_user).ok());
  ASSERT_TRUE(append(*database_, make_message(4, "other", "c")).ok());
  ASSERT_TRUE(append(*database_, make_message(5, "lobby", "")).ok());
  ASSERT_TRUE(append(*database_, make_message(6, "lobby", "")).ok());
  EXPECT_EQ(seqs(*database_), numbers_to(4));  // The duplicate took no seq.
  EXPECT_EQ(seqs(*database_, "other"), numbers_to(1));
}

TEST_F(MessageStoreTest, DuplicatesInTheSameUnitAreSeen) {
  (void)database_->write_and_wait([](Stores& s) {
    Message first = make_message(1, "lobby", "c");
    Message second = make_message(2, "lobby", "c");
    bool duplicate = true;
    EXPECT_TRUE(s.messages.append(first, duplicate).ok());
    EXPECT_FALSE(duplicate);
    EXPECT_TRUE(s.messages.append(second, duplicate).ok());
    EXPECT_TRUE(duplicate);
    EXPECT_EQ(second.id, first.id);
    return Status();
  });
}

TEST_F(MessageStoreTest, AFailedAppendLeavesNoGapEvenWhenTheUnitGoesOn) {
  const Status status = database_->write_and_wait([](Stores& s) {
    bool duplicate = false;
    Message one = make_message(1);
    EXPECT_TRUE(s.messages.append(one, duplicate).ok());
    Message same_id = make_message(1);
    EXPECT_EQ(s.messages.append(same_id, duplicate).code(), Code::kExists);
    Message two = make_message(2);
    EXPECT_TRUE(s.messages.append(two, duplicate).ok());
    EXPECT_EQ(two.seq, 2);
    return Status();
  });
  EXPECT_TRUE(status.ok());
  EXPECT_EQ(seqs(*database_), numbers_to(2));
}

TEST_F(MessageStoreTest, HistoryOutlivesItsAuthor) {
  ASSERT_TRUE(
      database_->write_and_wait([](Stores& s) { return s.users.insert(make_user(1)); }).ok());
  ASSERT_TRUE(append(*database_, make_message(1)).ok());
  ASSERT_TRUE(
      database_->write_and_wait([](Stores& s) { return s.users.remove(make_user(1).id); }).ok());
  EXPECT_EQ(page({.room = "lobby"}).messages.at(0).username, "User1");
}

}  // namespace
}  // namespace securechat::storage
