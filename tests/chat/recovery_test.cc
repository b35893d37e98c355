#include "chat/recovery.h"

#include <string>
#include <utility>
#include <vector>

#include "chat/chat_fixture.h"
#include "chat/pipeline.h"

namespace securechat::chat::testing {
namespace {

storage::Message message(std::int64_t commit_seq, std::string room = "lobby") {
  storage::Message made;
  made.room = std::move(room);
  made.commit_seq = commit_seq;
  made.body = "text";
  return made;
}

LostSession lost() {
  LostSession session;
  session.pid = "pid";
  session.nsp = "/";
  session.rooms = {{"lobby", 0, false}, {"den", 5, true}};
  session.position = 2;
  return session;
}

class Recovery : public ChatTest {
 protected:
  static std::vector<std::int64_t> places(
      const std::optional<std::vector<storage::Message>>& messages) {
    std::vector<std::int64_t> result;
    for (const storage::Message& one : messages.value()) result.push_back(one.commit_seq);
    return result;
  }
  static storage::Missed read(std::vector<std::int64_t> commits, std::int64_t newest) {
    storage::Missed missed;
    for (const std::int64_t commit : commits) missed.messages.push_back(message(commit));
    missed.newest = newest;
    return missed;
  }
};

using Places = std::vector<std::int64_t>;

// Shows: R49
TEST_F(Recovery, ARequestIsWellFormedOrNone) {
  const auto request = read_recovery_request(R"({"token":"t","pid":"p","offset":"12"})");
  ASSERT_TRUE(request);
  EXPECT_EQ(request->pid, "p");
  EXPECT_EQ(request->offset, 12);
  EXPECT_FALSE(read_recovery_request(R"({"pid":"p"})")->offset.has_value());
  for (const char* auth :
       {"", "{}", R"({"pid":1})", R"({"pid":""})", R"({"pid":"p","offset":1})",
        R"({"pid":"p","offset":"-1"})", R"({"pid":"p","offset":"1 "})",
        R"({"pid":"p","offset":""})", R"({"pid":"p","offset":"99999999999999999999"})"}) {
    EXPECT_FALSE(read_recovery_request(auth)) << auth;
  }
}

TEST_F(Recovery, EachRoomIsReadFromWhereItsMemberWas) {
  const PendingRecovery with_offset(lost(), 3);
  EXPECT_EQ(with_offset.query().rooms[0].after, 3);
  EXPECT_EQ(with_offset.query().rooms[1].after, 5) << "joined later than that";
  const PendingRecovery without(lost(), std::nullopt);
  EXPECT_EQ(without.query().rooms[0].after, 2) << "where the session began";
}

TEST_F(Recovery, WhatIsDeliveredMeanwhileIsMergedOnce) {
  const auto pending = PendingRecovery::begin(lost(), 3, *environment_);
  Namespace& nsp = *namespaces_->find("/");
  deliver(*environment_, &nsp, message(9));
  deliver(*environment_, &nsp, message(10, "elsewhere"));
  deliver(*environment_, nullptr, message(11));
  EXPECT_EQ(places(pending->merge(read({4, 8, 9}, 11), 8)), (Places{4, 8, 9}));
}

// Storage answers a reader before the shard hears of the commit: such a message comes as a live
// one.
TEST_F(Recovery, WhatIsStillToBeDeliveredIsLeftToComeLive) {
  PendingRecovery pending(lost(), 3);
  EXPECT_EQ(places(pending.merge(read({4, 8, 9, 10}, 10), 8)), (Places{4, 8}));
}

// Shows: R67
TEST_F(Recovery, TooMuchOrAheadOfEverythingIsNotRecovered) {
  constexpr std::int64_t kPosition = 10'000;
  EXPECT_FALSE(PendingRecovery(lost(), 12).merge(read({}, 11), kPosition));
  storage::Missed more = read({4}, 11);
  more.more = true;
  EXPECT_FALSE(PendingRecovery(lost(), 3).merge(std::move(more), kPosition));
  storage::Missed large = read({4, 5}, 11);
  for (storage::Message& one : large.messages) one.body = std::string(300 * 1024, 'x');
  EXPECT_FALSE(PendingRecovery(lost(), 3).merge(std::move(large), kPosition));
}

// A shard may end while storage still reads for a client that comes back.
TEST_F(Recovery, AnEndedEnvironmentIsNotTouchedByOneThatWaits) {
  std::shared_ptr<PendingRecovery> pending = PendingRecovery::begin(lost(), 3, *environment_);
  namespaces_.reset();
  environment_.reset();
  pending->saw(message(9));
  EXPECT_EQ(places(pending->merge(read({4}, 9), 9)), (Places{4, 9}));
  pending.reset();
}

TEST_F(Recovery, OneThatHasEndedIsForgotten) {
  PendingRecovery::begin(lost(), 3, *environment_).reset();
  deliver(*environment_, namespaces_->find("/"), message(9));
  EXPECT_TRUE(environment_->recoveries.empty());
}

// A client that logs out while its connection is broken, and in again, begins anew.
// Shows: R51
TEST_F(Recovery, ALogoutMeanwhileEndsIt) {
  add_user("ada");
  const auto welcome = [this](const std::string& more) {
    auto client = connect(connection::Wire::kSocketIo);
    client->say(R"(40{"token":"ada")" + more + "}");
    settle();
    const Result<JsonDocument> answer = JsonDocument::parse(client->heard().at(0).substr(2));
    client->leave();
    return std::pair(std::string(answer->root()["sid"].as_string().value_or("")),
                     std::string(answer->root()["pid"].as_string().value_or("")));
  };
  const auto [first, pid] = welcome("");
  const std::string again = R"(,"pid":")" + pid + "\"";
  EXPECT_EQ(welcome(again).first, first) << "the login stands";
  accounts.principals["ada"].sid = "another login";
  EXPECT_EQ(welcome(again).first, first) << "both stand";
  sessions.remember_revoked("another login");
  accounts.principals["ada"].sid = "a third login";
  EXPECT_NE(welcome(again).first, first);
}

// A history whose answer to what was missed comes when the test says so.
class SlowToRecover final : public History {
 public:
  void append(storage::Message message, AppendDone done) override {
    history_->append(std::move(message), std::move(done));
  }
  void page(storage::HistoryQuery query, PageDone done) override {
    history_->page(std::move(query), std::move(done));
  }
  void missed(storage::MissedQuery, MissedDone done) override { due = std::move(done); }
  void change(Change change, AppendDone done) override {
    history_->change(std::move(change), std::move(done));
  }
  void find(Change of, FoundDone done) override { history_->find(std::move(of), std::move(done)); }
  void mark(Mark mark, MarkDone done) override { history_->mark(std::move(mark), std::move(done)); }
  void marks(std::string nsp, std::string room, int limit, MarksDone done) override {
    history_->marks(std::move(nsp), std::move(room), limit, std::move(done));
  }
  void past(Change of, PastDone done) override { history_->past(std::move(of), std::move(done)); }
  [[nodiscard]] bool keeps_messages() const override { return true; }
  void open_room(std::string nsp, std::string room, std::string user, bool create,
                 std::int64_t now_ms, OpenDone done) override {
    history_->open_room(std::move(nsp), std::move(room), std::move(user), create, now_ms,
                        std::move(done));
  }
  MissedDone due;

 private:
  const std::unique_ptr<History> history_ =
      History::in_memory(std::make_shared<MemoryStore>(100, true));
};

// Shows: R33
TEST_F(Recovery, WhoComesInMeanwhileCountsAgainstTheLimitOfSockets) {
  options.sockets_per_user = 1;
  auto slow = std::make_unique<SlowToRecover>();
  SlowToRecover& history = *slow;
  use_history(std::move(slow));
  add_user("ada");
  auto first = connect(connection::Wire::kSocketIo);
  first->say(R"(40{"token":"ada"})");
  settle();
  const std::string welcome = first->heard().at(0);
  first->leave();
  const std::string pid = welcome.substr(welcome.find("pid") + 6, 24);
  auto back = connect(connection::Wire::kSocketIo);
  back->say(R"(40{"token":"ada","pid":")" + pid + "\"}");
  settle();
  auto other = join_socket_io("ada");
  ASSERT_TRUE(history.due);
  history.due(read({}, 0));
  EXPECT_NE(back->heard().at(0).find("TOO_MANY_CONNECTIONS"), std::string::npos);
  EXPECT_EQ(sessions.of_user("id-ada").size(), 1U);
  EXPECT_EQ(lost_sessions.size(), 1U) << "it may come back";
}

}  // namespace
}  // namespace securechat::chat::testing
