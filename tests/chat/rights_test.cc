// What somebody may hear and do ends with the right to it, and no name stands for another.
#include <gtest/gtest.h>

#include "chat/chat_fixture.h"

namespace securechat::chat::testing {
namespace {

using Texts = std::vector<std::string>;

class Rights : public ChatTest {
 protected:
  static constexpr const char* kNotInRoom =
      R"({"ok":false,"error":"Not in room","code":"NOT_IN_ROOM"})";

  static std::string ask(Client& client, const std::string& event, const std::string& data) {
    client.say(R"({"type":")" + event + R"(","ref":1,"data":)" + data + "}");
    return ack_of(client);
  }
  Session& session_of(const std::string& name) { return *sessions.of_user("id-" + name).at(0); }
};

// The host takes somebody out of a room, as for a ban: at once nothing of it comes, nothing of it
// can be read, and nothing said there. Shows: R50 R51
TEST_F(Rights, WhoIsTakenOutOfARoomHearsAndReadsNothingMore) {
  auto ada = join_plain("ada");
  auto bob = join_plain("bob");
  ASSERT_TRUE(ask(*ada, "join-room", R"({"room":"den"})").starts_with(R"({"ok":true)"));
  ASSERT_TRUE(ask(*bob, "join-room", R"({"room":"den"})").starts_with(R"({"ok":true)"));
  namespaces_->find("/")->leave(session_of("bob"), "den");
  bob->heard();
  ASSERT_TRUE(ask(*ada, "send-message", R"({"message":"secret","room":"den"})")
                  .starts_with(R"({"ok":true)"));
  namespaces_->find("/")->emit({"", "den", "", 0, 0}, "news", "[1]", {});
  EXPECT_TRUE(bob->heard().empty());
  for (const char* event : {"room-history", "room-users", "leave-room"}) {
    EXPECT_EQ(ask(*bob, event, R"({"room":"den"})"), kNotInRoom) << event;
  }
  EXPECT_EQ(ask(*bob, "send-message", R"({"message":"x","room":"den"})"), kNotInRoom);
  EXPECT_EQ(ask(*bob, "typing", R"({"room":"den","typing":true})"), kNotInRoom);
}

// Shows: R50 R53
TEST_F(Rights, ARoomThatIsNotThereAndOneOfOthersLookTheSame) {
  auto ada = join_plain("ada");
  auto bob = join_plain("bob");
  ASSERT_TRUE(ask(*ada, "join-room", R"({"room":"den"})").starts_with(R"({"ok":true)"));
  for (const char* event : {"room-history", "room-users", "leave-room", "typing", "send-message"}) {
    const auto answer = [&](const std::string& room) {
      return ask(*bob, event, R"({"message":"x","typing":true,"room":")" + room + "\"}");
    };
    EXPECT_EQ(answer("den"), kNotInRoom) << event;
    EXPECT_EQ(answer("den"), answer("nowhere")) << event;
  }
}

// A room may be called what a session is called; what goes to the session does not go there.
// Shows: R52
TEST_F(Rights, ARoomNamedAsASessionIsNotThatSession) {
  auto ada = join_plain("ada");
  auto eve = join_plain("eve");
  const std::string names[] = {std::string(session_of("ada").sid()),
                               std::to_string(session_of("ada").id()), "id-ada", "sid-ada"};
  for (const std::string& name : names) {
    ASSERT_TRUE(ask(*eve, "join-room", R"({"room":")" + name + "\"}").starts_with(R"({"ok":true)"))
        << name;
  }
  Namespace& nsp = *namespaces_->find("/");
  nsp.emit({"", "", "", session_of("ada").id(), 0}, "news", "[1]", {});
  nsp.emit({"", "", "id-ada", 0, 0}, "news", "[2]", {});
  EXPECT_TRUE(eve->heard().empty());
  EXPECT_EQ(ada->heard().size(), 2U);
}

// Fields beside the known ones stay where they came from.
// Shows: R41 R54 R55
TEST_F(Rights, NothingThatAPeerAddsReachesOthers) {
  auto ada = join_plain("ada");
  auto bob = join_plain("bob");
  const std::string more = R"("username":"root","userId":"id-bob","role":"admin","extra":"spy",)";
  ask(*ada, "join-room", "{" + more + R"("room":"den"})");
  ask(*bob, "join-room", "{" + more + R"("room":"den"})");
  ask(*bob, "typing", "{" + more + R"("room":"den","typing":true})");
  ask(*bob, "send-message", "{" + more + R"("room":"den","message":"hi"})");
  ask(*bob, "leave-room", "{" + more + R"("room":"den"})");
  const Texts heard = ada->heard();
  ASSERT_EQ(heard.size(), 4U);
  const std::pair<const char*, std::vector<std::string>> fields[] = {
      {"user-joined", {"room", "userId", "username"}},
      {"typing", {"room", "userId", "username", "typing"}},
      {"receive-message", {"username", "message", "timestamp", "id", "room", "seq", "userId"}},
      {"user-left", {"room", "userId", "username"}},
  };
  for (std::size_t i = 0; i < heard.size(); ++i) {
    const Result<JsonDocument> frame = JsonDocument::parse(heard[i]);
    ASSERT_TRUE(frame.ok());
    EXPECT_EQ(frame->root()["type"].as_string(), fields[i].first);
    std::vector<std::string> names;
    for (const auto& [key, value] : frame->root()["data"].members()) names.emplace_back(key);
    EXPECT_EQ(names, fields[i].second);
    EXPECT_EQ(frame->root()["data"]["username"].as_string(), "bob");
  }
}

// A host may name its users as it likes.
// Shows: R43 R44 S6
TEST_F(Rights, ANameIsEscapedLikeAMessageWhereverOthersReadIt) {
  add_user("<i>eve</i>");
  auto ada = join_plain("ada");
  auto eve = join_plain("<i>eve</i>");
  const std::string safe = R"("username":"&lt;i&gt;eve&lt;&#x2F;i&gt;")";
  ask(*ada, "join-room", R"({"room":"den"})");
  EXPECT_NE(ask(*eve, "join-room", R"({"room":"den"})").find(safe), std::string::npos);
  ask(*eve, "typing", R"({"room":"den","typing":true})");
  ask(*eve, "send-message", R"({"room":"den","message":"hi"})");
  EXPECT_NE(ask(*eve, "room-users", R"({"room":"den"})").find(safe), std::string::npos);
  EXPECT_NE(ask(*eve, "room-history", R"({"room":"den"})").find(safe), std::string::npos);
  ask(*eve, "leave-room", R"({"room":"den"})");
  const Texts heard = ada->heard();
  ASSERT_EQ(heard.size(), 4U);
  for (const std::string& frame : heard) EXPECT_NE(frame.find(safe), std::string::npos) << frame;
}

// Shows: S27
TEST_F(Rights, WhatTurnsOrHidesTextIsTakenOutOfAMessage) {
  auto ada = join_plain("ada");
  ada->say(R"({"type":"send-message","data":{"message":"a\u202Eb\u2066c\u0085d\u0007e\tf\ng"}})");
  const Texts heard = ada->heard();
  ASSERT_EQ(heard.size(), 1U);
  EXPECT_NE(heard[0].find(R"("message":"abcde\tf\ng")"), std::string::npos) << heard[0];
}

}  // namespace
}  // namespace securechat::chat::testing
