#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "chat/chat_fixture.h"

namespace securechat::chat::testing {
namespace {

using Texts = std::vector<std::string>;

constexpr connection::Refusal kWhy{"DISCONNECTED", "DISCONNECTED", protocol::CloseCode::kForbidden};

// A history that answers when the test says so, as a slow database does.
class LateHistory final : public History {
 public:
  void append(storage::Message message, AppendDone done) override {
    history_->append(std::move(message), [this, done = std::move(done)](Appended stored) mutable {
      due_.emplace_back([done = std::move(done), stored = std::move(stored)]() mutable {
        done(std::move(stored));
      });
    });
  }
  void page(storage::HistoryQuery query, PageDone done) override {
    history_->page(std::move(query), std::move(done));
  }
  void missed(storage::MissedQuery query, MissedDone done) override {
    history_->missed(std::move(query), std::move(done));
  }
  void change(Change change, AppendDone done) override {
    history_->change(std::move(change), std::move(done));
  }
  void find(Change of, FoundDone done) override { history_->find(std::move(of), std::move(done)); }
  void mark(Mark mark, MarkDone done) override { history_->mark(std::move(mark), std::move(done)); }
  void marks(std::string nsp, std::string room, int limit, MarksDone done) override {
    history_->marks(std::move(nsp), std::move(room), limit, std::move(done));
  }
  void past(Change of, PastDone done) override { history_->past(std::move(of), std::move(done)); }
  [[nodiscard]] bool keeps_messages() const override { return history_->keeps_messages(); }
  void open_room(std::string, std::string, std::string, bool, std::int64_t,
                 OpenDone done) override {
    due_.emplace_back([done = std::move(done)]() mutable { done(std::int64_t{0}); });
  }

  void answer() {
    for (Task& task : std::exchange(due_, {})) task();
  }

 private:
  const std::unique_ptr<History> history_ =
      History::in_memory(std::make_shared<MemoryStore>(100, true));
  std::vector<Task> due_;
};

// One connection with a session in "/" and one in "/admin", whichever side ends one of them.
class Ending : public ChatTest {
 protected:
  Ending() {
    declared = {"/admin"};
    use_history(History::in_memory(std::make_shared<MemoryStore>(100, true)));
    hooks.disconnect = [this](SessionId, std::string_view user, std::string_view reason) {
      left.push_back(std::string(user) + " " + std::string(reason));
    };
  }

  std::unique_ptr<Client> join_both(const std::string& name) {
    auto client = join_socket_io(name);
    join(*client, "/admin", name);
    return client;
  }
  void join(Client& client, const std::string& nsp, const std::string& token) {
    client.say("40" + nsp + R"(,{"token":")" + token + "\"}");
    settle();
    client.heard();
  }
  Session* session_in(const std::string& user, std::string_view nsp) {
    for (Session* session : sessions.of_user("id-" + user)) {
      if (session->nsp().name() == nsp) return session;
    }
    return nullptr;
  }
  void use_late_history() {
    auto history = std::make_unique<LateHistory>();
    storage = history.get();
    use_history(std::move(history));
  }

  Texts left;
  LateHistory* storage = nullptr;
};

// Shows: R51
TEST_F(Ending, OneNamespaceEndsAndTheConnectionGoesOn) {
  auto ada = join_both("ada");
  auto bob = join_both("bob");
  ada->say(R"(42/admin,1["join-room",{"room":"den"}])");
  bob->say(R"(42/admin,1["join-room",{"room":"den"}])");
  ada->heard();
  bob->heard();
  session_in("ada", "/admin")->disconnect(kWhy);
  EXPECT_EQ(ada->heard(), Texts{"41/admin,"});
  // At once, and not when the session is destroyed.
  EXPECT_EQ(bob->heard(),
            Texts{R"(42/admin,["user-left",{"room":"den","userId":"id-ada","username":"ada"}])"});
  EXPECT_EQ(session_in("ada", "/admin"), nullptr);
  namespaces_->find("/admin")->emit({}, "news", "[1]", {});
  EXPECT_TRUE(ada->heard().empty());
  EXPECT_TRUE(left.empty());
  settle();
  EXPECT_EQ(left, Texts{"id-ada server namespace disconnect"});
  EXPECT_FALSE(ada->socket.closing());
  ada->say(R"(42["send-message",{"message":"still here"}])");
  EXPECT_EQ(ada->heard().size(), 1U);
}

TEST_F(Ending, TheLastOneClosesTheConnection) {
  auto ada = join_both("ada");
  session_in("ada", "/")->disconnect(kWhy);
  EXPECT_FALSE(ada->socket.closing());
  // The first one is not destroyed yet, and does not count any more.
  session_in("ada", "/admin")->disconnect(kWhy);
  EXPECT_EQ(ada->heard(), (Texts{"41", "41/admin,"}));
  EXPECT_TRUE(ada->socket.closing());
  settle();
  ada->leave();
  EXPECT_EQ(left.size(), 2U);
}

TEST_F(Ending, ThePeerLeavesOneNamespaceAndIsAStrangerWithoutAny) {
  connection_options.ping_interval_ms = 3'600'000;
  auto ada = join_both("ada");
  ada->say("41");
  EXPECT_EQ(ada->socket.payload_limit, 1'000'000U);
  ada->say("41/admin,");
  EXPECT_EQ(ada->socket.payload_limit, 16'384U);
  EXPECT_EQ(left,
            (Texts{"id-ada client namespace disconnect", "id-ada client namespace disconnect"}));
  pass(10'000);
  EXPECT_TRUE(ada->socket.closing());
}

// Fails when a session that has ended can still be found: it would come back into a room, and be
// destroyed there.
// Shows: R51 S8
TEST_F(Ending, WhatStorageAnswersAfterTheEndBringsNobodyBack) {
  use_late_history();
  auto ada = join_both("ada");
  ada->say(R"(42/admin,1["join-room",{"room":"den"}])");
  session_in("ada", "/admin")->disconnect(kWhy);
  EXPECT_EQ(ada->heard(), Texts{"41/admin,"});
  storage->answer();
  settle();
  Namespace& admin = *namespaces_->find("/admin");
  EXPECT_EQ(admin.adapter().find("den"), nullptr);
  admin.emit({"/admin", "den", "", 0, 0}, "news", "[1]", {});
  EXPECT_TRUE(ada->heard().empty());
}

TEST_F(Ending, AnEndedSessionIsNotCountedAndNotFound) {
  options.sockets_per_user = 2;
  use_history(History::in_memory(std::make_shared<MemoryStore>(100, true)));
  auto ada = join_both("ada");
  const SessionId id = session_in("ada", "/admin")->id();
  session_in("ada", "/admin")->disconnect(kWhy);
  EXPECT_FALSE(live.contains(id));
  EXPECT_EQ(sessions.find(id), nullptr);
  EXPECT_EQ(live.people().sessions_of("id-ada"), 1U);
}

// What the peer had sent before it learned of the end is no fault: its other sessions go on.
// Shows: R48 S8
TEST_F(Ending, WhatWasOnItsWayIsIgnored) {
  auto ada = join_both("ada");
  session_in("ada", "/admin")->disconnect(kWhy);
  ada->say(R"(42/admin,7["send-message",{"message":"too late"}])");
  settle();
  ada->say(R"(42/admin,8["send-message",{"message":"much too late"}])");
  ada->say(R"(43/admin,1["late"])");
  ada->say("41/admin,");
  EXPECT_EQ(ada->heard(), Texts{"41/admin,"});
  EXPECT_FALSE(ada->socket.closing());
}

TEST_F(Ending, ThePeerMayComeBackAtOnce) {
  auto ada = join_both("ada");
  session_in("ada", "/admin")->disconnect(kWhy);
  ada->heard();
  ada->say(R"(40/admin,{"token":"ada"})");
  settle();
  EXPECT_TRUE(ada->heard().at(0).starts_with(R"(40/admin,{"sid":)"));
  EXPECT_NE(session_in("ada", "/admin"), nullptr);
  EXPECT_EQ(left, Texts{"id-ada server namespace disconnect"});
  // And what it never joined is a fault as before.
  ada->say(R"(42/other,["x"])");
  EXPECT_TRUE(ada->socket.closing());
}

TEST_F(Ending, TheHostsReasonIsTold) {
  auto ada = join_both("ada");
  session_in("ada", "/admin")->set_disconnect_reason("too loud");
  session_in("ada", "/admin")->disconnect(kWhy);
  ada->say("41/admin,");
  settle();
  EXPECT_EQ(left, Texts{"id-ada too loud"});
}

// Shows: R22
TEST_F(Ending, ExpiryEndsTheNamespaceWhoseTokenItWas) {
  connection_options.ping_interval_ms = 3'600'000;
  add_user("short").expires_at_s = clock.unix_seconds() + 100;
  auto ada = join_socket_io("ada");
  join(*ada, "/admin", "short");
  pass(100'000);
  const Texts heard = ada->heard();
  ASSERT_EQ(heard.size(), 3U);
  EXPECT_TRUE(heard[1].starts_with(R"(42/admin,["error",{"message":"TOKEN_EXPIRED")"));
  EXPECT_EQ(heard[2], "41/admin,");
  EXPECT_FALSE(ada->socket.closing());
  EXPECT_NE(session_in("ada", "/"), nullptr);
}

// Fails when a drain waits for the first busy session only.
TEST_F(Ending, DrainingWaitsForEverySession) {
  use_late_history();
  auto ada = join_both("ada");
  ada->say(R"(421["refresh-auth",{"token":"ada"}])");
  ada->say(R"(42/admin,1["send-message",{"message":"one"}])");
  for (PeerSessions* peer : peers.all()) peer->drain();
  settle();
  ASSERT_TRUE(ada->heard().at(0).starts_with(R"(431[{"ok":true)"));
  EXPECT_FALSE(ada->socket.closing());
  storage->answer();
  ASSERT_TRUE(ada->heard().at(1).starts_with(R"(43/admin,1[{"ok":true)"));
  EXPECT_EQ(ada->socket.close_code, 1001);
}

TEST_F(Ending, DrainingDoesNotWaitForASessionThatHasLeft) {
  use_late_history();
  auto ada = join_both("ada");
  ada->say(R"(42/admin,1["send-message",{"message":"one"}])");
  for (PeerSessions* peer : peers.all()) peer->drain();
  EXPECT_FALSE(ada->socket.closing());
  ada->say("41/admin,");
  EXPECT_EQ(ada->socket.close_code, 1001);
  storage->answer();
}

}  // namespace
}  // namespace securechat::chat::testing
