#include "storage/change_store.h"

#include <sqlite3.h>

#include "fixture.h"

namespace securechat::storage {
namespace {

class ChangeStoreTest : public StorageTest {
 protected:
  ChangeStoreTest() {
    database_ = open();
    for (int n : {1, 2, 3}) EXPECT_TRUE(append(*database_, make_message(n)).ok());
  }
  // Runs `work` in a unit of its own, whose status is not looked at.
  void run(const std::function<void(Stores&)>& work) {
    EXPECT_TRUE(database_
                    ->write_and_wait([&](Stores& stores) {
                      work(stores);
                      return Status();
                    })
                    .ok());
  }
  static std::vector<std::string> bodies_of(Stores& s) {
    std::vector<std::string> bodies;
    const Result<HistoryPage> page = s.messages.page({.room = "lobby"});
    for (const Message& message : page->messages) bodies.push_back(message.body);
    return bodies;
  }
  const Message said_ = make_message(2);
  const Editor author_{said_.user_id};
  std::unique_ptr<Database> database_;
};

TEST_F(ChangeStoreTest, AnEditIsTheMessageFromThenOn) {
  run([&](Stores& s) {
    const Result<Message> edited = s.changes.edit("/", said_.id, "second", author_, 500);
    ASSERT_TRUE(edited.ok()) << edited.message();
    EXPECT_EQ(edited->body, "second");
    EXPECT_EQ(edited->seq, 2);
    EXPECT_EQ(edited->room, "lobby");
    EXPECT_EQ(edited->user_id, said_.user_id);
    EXPECT_EQ(edited->edited_at_ms, 500);
    EXPECT_EQ(edited->edited_by, said_.user_id);
    EXPECT_EQ(edited->change_seq, 4);
    EXPECT_EQ(edited->place(), 4);
    EXPECT_FALSE(edited->deleted);
    EXPECT_TRUE(s.changes.edit("/", said_.id, "third", author_, 600).ok());
    EXPECT_EQ(bodies_of(s)[1], "third");
    EXPECT_EQ(s.messages.page({.room = "lobby"})->messages[1].edited_at_ms, 600);
    const auto past = s.changes.past("/", said_.id, author_);
    ASSERT_EQ(past->size(), 2U);
    EXPECT_EQ(past->at(0).body, said_.body);
    EXPECT_EQ(past->at(0).until_ms, 500);
    EXPECT_EQ(past->at(1).body, "second");
    // A sender's repetition of it is still the same message.
    EXPECT_EQ(s.changes.find("/", said_.id, author_)->body, "third");
  });
}

TEST_F(ChangeStoreTest, ADeletedMessageIsGoneWithEverythingItSaid) {
  run([&](Stores& s) {
    ASSERT_TRUE(s.changes.edit("/", said_.id, "second", author_, 500).ok());
    const Result<Message> removed = s.changes.remove("/", said_.id, author_, 700);
    ASSERT_TRUE(removed.ok());
    EXPECT_TRUE(removed->deleted);
    EXPECT_EQ(removed->body, "");
    EXPECT_EQ(removed->seq, 2);
    EXPECT_EQ(removed->place(), 5);
    EXPECT_EQ(bodies_of(s).size(), 2U);
    EXPECT_EQ(s.changes.find("/", said_.id, author_).code(), Code::kNotFound);
    EXPECT_EQ(s.changes.edit("/", said_.id, "x", author_, 800).code(), Code::kNotFound);
    EXPECT_EQ(s.changes.remove("/", said_.id, author_, 800).code(), Code::kNotFound);
    EXPECT_EQ(s.changes.past("/", said_.id, author_).code(), Code::kNotFound);
    // Its seq is not given to another.
    Message next = make_message(4);
    bool duplicate = false;
    EXPECT_TRUE(s.messages.append(next, duplicate).ok());
    EXPECT_EQ(next.seq, 4);
  });
}

TEST_F(ChangeStoreTest, OnlyTheAuthorTheOwnerAndModeratorsMay) {
  run([&](Stores& s) {
    EXPECT_TRUE(s.rooms.ensure("/", "mine", "owner", 1).ok());
    Message message = make_message(9, "mine");
    bool duplicate = false;
    EXPECT_TRUE(s.messages.append(message, duplicate).ok());
    EXPECT_EQ(s.changes.edit("/", message.id, "x", {"stranger"}, 2).code(), Code::kDenied);
    EXPECT_EQ(s.changes.remove("/", message.id, {"stranger"}, 2).code(), Code::kDenied);
    EXPECT_EQ(s.changes.past("/", message.id, {"stranger"}).code(), Code::kDenied);
    EXPECT_EQ(s.changes.edit("/", message.id, "x", {""}, 2).code(), Code::kDenied);
    EXPECT_EQ(s.changes.find("/", message.id, {"owner"})->body, message.body);
    EXPECT_TRUE(s.changes.edit("/", message.id, "x", {"owner"}, 2).ok());
    EXPECT_TRUE(s.changes.edit("/", message.id, "y", {"any", true}, 2).ok());
    EXPECT_EQ(s.changes.past("/", message.id, {"any", true})->size(), 2U);
    // The lobby belongs to nobody.
    EXPECT_EQ(s.changes.edit("/", said_.id, "x", {"owner"}, 2).code(), Code::kDenied);
    EXPECT_EQ(s.changes.edit("/", said_.id, "x", {""}, 2).code(), Code::kDenied);
    EXPECT_EQ(s.changes.edit("/admin", said_.id, "x", author_, 2).code(), Code::kNotFound);
    EXPECT_EQ(s.changes.edit("/", "unknown", "x", {"any", true}, 2).code(), Code::kNotFound);
  });
}

// The role that counts is the one that the account has at that moment.
// Shows: R50
TEST_F(ChangeStoreTest, ARoleCountsAsLongAsTheAccountHasIt) {
  run([&](Stores& s) {
    User mod = make_user(7);
    mod.role = "moderator";
    EXPECT_TRUE(s.users.insert(mod).ok());
    EXPECT_TRUE(s.changes.edit("/", said_.id, "by a moderator", {mod.id, false}, 1).ok());
    EXPECT_EQ(s.changes.find("/", said_.id, {mod.id})->edited_by, mod.id);
    EXPECT_TRUE(s.users.set_role(mod.id, "user").ok());
    EXPECT_EQ(s.changes.edit("/", said_.id, "x", {mod.id, true}, 2).code(), Code::kDenied);
    EXPECT_EQ(s.changes.find("/", said_.id, {mod.id, true}).code(), Code::kDenied);
  });
}

TEST_F(ChangeStoreTest, TheDefaultRoomHasNoOwnerWhateverItsRowSays) {
  run([&](Stores& s) {
    EXPECT_TRUE(s.rooms.ensure("/", "mine", "owner", 1).ok());
    Message message = make_message(9, "mine");
    bool duplicate = false;
    EXPECT_TRUE(s.messages.append(message, duplicate).ok());
    EXPECT_EQ(s.changes.remove("/", message.id, {"owner", false, "mine"}, 2).code(), Code::kDenied);
    EXPECT_TRUE(s.changes.remove("/", message.id, {"owner", false, "lobby"}, 2).ok());
  });
}

// Else a member could fill the database with one message, and its readers' memory.
// Shows: R72
TEST_F(ChangeStoreTest, OnlyTheNewestOfWhatItSaidIsKept) {
  run([&](Stores& s) {
    for (int i = 0; i < 120; ++i) {
      ASSERT_TRUE(s.changes.edit("/", said_.id, std::to_string(i), author_, i).ok());
    }
    const std::vector<PastBody> past = *s.changes.past("/", said_.id, author_);
    ASSERT_EQ(past.size(), kPastBodies);
    EXPECT_EQ(past.front().body, "69");
    EXPECT_EQ(past.back().body, "118");
    ASSERT_TRUE(s.changes.edit("/", said_.id, std::string(kPastBytes, 'x'), author_, 1).ok());
    ASSERT_TRUE(s.changes.edit("/", said_.id, "last", author_, 1).ok());
    EXPECT_EQ(s.changes.past("/", said_.id, author_)->size(), 1U) << "no more than fits an answer";
  });
}

// A reconnecting crowd asks this for every room it was in.
TEST_F(ChangeStoreTest, WhatChangedIsFoundByItsIndex) {
  sqlite3* db = nullptr;
  ASSERT_EQ(sqlite3_open_v2(options_.path.c_str(), &db, SQLITE_OPEN_READONLY, nullptr), SQLITE_OK);
  sqlite3_stmt* plan = nullptr;
  ASSERT_EQ(sqlite3_prepare_v2(db,
                               "EXPLAIN QUERY PLAN SELECT seq FROM messages WHERE room_id = ?1 AND"
                               " change_seq > ?2 AND change_seq > 0 AND commit_seq <= ?2",
                               -1, &plan, nullptr),
            SQLITE_OK);
  ASSERT_EQ(sqlite3_step(plan), SQLITE_ROW);
  const std::string step = reinterpret_cast<const char*>(sqlite3_column_text(plan, 3));
  EXPECT_NE(step.find("messages_by_change"), std::string::npos) << step;
  sqlite3_finalize(plan);
  sqlite3_close(db);
}

// Who was away is told what changed of what he knew; what he did not know yet comes as it is now.
TEST_F(ChangeStoreTest, WhatWasMissedHasTheChanges) {
  run([&](Stores& s) {
    ASSERT_TRUE(s.changes.edit("/", make_message(1).id, "first edited", {"any", true}, 10).ok());
    ASSERT_TRUE(s.changes.edit("/", make_message(3).id, "third edited", {"any", true}, 10).ok());
    ASSERT_TRUE(s.changes.remove("/", make_message(2).id, {"any", true}, 11).ok());
    const Missed missed = *s.messages.missed({.rooms = {{"lobby", 2}}});
    ASSERT_EQ(missed.messages.size(), 3U);
    EXPECT_EQ(missed.messages[0].body, "third edited");
    EXPECT_EQ(missed.messages[0].change_seq, 0);
    EXPECT_EQ(missed.messages[1].body, "first edited");
    EXPECT_EQ(missed.messages[1].place(), 4);
    EXPECT_TRUE(missed.messages[2].deleted);
    EXPECT_EQ(missed.messages[2].place(), 6);
    EXPECT_EQ(missed.newest, 6);
    // From the beginning, a deleted message was never there.
    const Missed all = *s.messages.missed({.rooms = {{"lobby", 0}}});
    ASSERT_EQ(all.messages.size(), 2U);
    EXPECT_TRUE(s.messages.missed({.rooms = {{"lobby", 2}}, .limit = 2})->more);
    EXPECT_TRUE(s.messages.missed({.rooms = {{"lobby", 6}}})->messages.empty());
  });
}

}  // namespace
}  // namespace securechat::storage
