#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "chat/chat_fixture.h"

namespace securechat::chat::testing {
namespace {

using Texts = std::vector<std::string>;

class Chat : public ChatTest {};

std::string send(std::string_view message, std::string_view more = "") {
  return R"({"type":"send-message","ref":1,"data":{"message":")" + std::string(message) + "\"" +
         std::string(more) + "}}";
}

// Shows: R44 R54 S45
TEST_F(Chat, AMessageReachesEveryoneInTheRoomAndItsSender) {
  auto ada = join_plain("ada");
  auto bob = join_socket_io("bob");
  ada->say(send("hi <b>"));
  const Texts at_ada = ada->heard();
  const Texts at_bob = bob->heard();
  ASSERT_EQ(at_ada.size(), 2U);
  ASSERT_EQ(at_bob.size(), 1U);
  ASSERT_TRUE(at_bob[0].starts_with(R"(42["receive-message",)"));
  const Result<JsonDocument> event = JsonDocument::parse(at_bob[0].substr(2));
  ASSERT_TRUE(event.ok());
  const JsonView message = event->root().at(1);
  EXPECT_EQ(message["username"].as_string(), "ada");
  EXPECT_EQ(message["message"].as_string(), "hi &lt;b&gt;");
  EXPECT_EQ(message["room"].as_string(), "lobby");
  EXPECT_EQ(message["seq"].as_integer(), 1);
  EXPECT_EQ(message["userId"].as_string(), "id-ada");
  EXPECT_EQ(message["timestamp"].as_string(), "2023-11-14T22:13:20.000Z");
  EXPECT_EQ(message["id"].as_string()->size(), 32U);
  EXPECT_FALSE(message["clientId"].exists());
  EXPECT_TRUE(at_ada[0].starts_with(R"({"type":"receive-message","data":{)"));
  EXPECT_TRUE(at_ada[1].starts_with(R"({"type":"ack","ref":1,"data":{"ok":true,"id":")"));
}

// Shows: R40 S7
TEST_F(Chat, WrongMessagesAreAnsweredNotSent) {
  message_rate.configure(1000, 60'000);
  auto ada = join_plain("ada");
  auto bob = join_plain("bob");
  const std::string invalid = R"({"ok":false,"error":"Invalid message","code":"INVALID_MESSAGE"})";
  for (const char* data :
       {"null", "1", "\"text\"", "[]", "{}", R"({"message":null})", R"({"message":1})",
        R"({"message":""})", R"({"message":"  \t\n "})", R"({"message":{"a":1}})",
        R"({"message":"x","room":1})", R"({"message":"x","room":""})",
        R"({"message":"x","clientId":1})", R"({"message":"x","clientId":""})"}) {
    ada->say(R"({"type":"send-message","ref":1,"data":)" + std::string(data) + "}");
    EXPECT_EQ(ack_of(*ada), invalid) << data;
  }
  ada->say(R"({"type":"send-message","ref":1})");
  EXPECT_EQ(ack_of(*ada), invalid);
  ada->say(R"({"type":"send-message"})");
  EXPECT_EQ(ada->heard(),
            Texts{R"({"type":"error","message":"Invalid message","code":"INVALID_MESSAGE"})"});
  EXPECT_TRUE(bob->heard().empty());
}

// Shows: R44
TEST_F(Chat, TheLengthIsCountedAfterEscapingInUtf16Units) {
  message_rate.configure(1000, 60'000);
  auto ada = join_plain("ada");
  const auto accepted = [&](const std::string& text) {
    ada->say(send(text));
    return ack_of(*ada).starts_with(R"({"ok":true)");
  };
  EXPECT_TRUE(accepted(std::string(500, 'x')));
  EXPECT_FALSE(accepted(std::string(501, 'x')));
  EXPECT_TRUE(accepted("  " + std::string(500, 'x') + "  "));
  std::string quotes;
  for (int i = 0; i < 83; ++i) quotes += "\\\"";
  EXPECT_TRUE(accepted(quotes));
  EXPECT_FALSE(accepted(quotes + "\\\""));
  std::string faces;
  for (int i = 0; i < 250; ++i) faces += "\xF0\x9F\x98\x80";
  EXPECT_TRUE(accepted(faces));
  EXPECT_FALSE(accepted(faces + "x"));
}

// Shows: R65 S25
TEST_F(Chat, TheLimitIsPerUserAcrossSocketsAndCountsInvalidOnes) {
  auto ada = join_plain("ada");
  auto phone = join_plain("ada");
  auto bob = join_plain("bob");
  for (int i = 0; i < 15; ++i) {
    ada->say(send("x"));
    phone->say(send(""));
  }
  ada->heard();
  ada->say(send("one too many"));
  EXPECT_EQ(ack_of(*ada), R"({"ok":false,"error":"Rate limit exceeded","code":"RATE_LIMITED"})");
  phone->heard();
  phone->say(R"({"type":"send-message","data":{"message":"x"}})");
  EXPECT_EQ(phone->heard(),
            Texts{R"({"type":"error","message":"Rate limit exceeded","code":"RATE_LIMITED"})"});
  bob->heard();
  bob->say(send("mine"));
  EXPECT_TRUE(ack_of(*bob).starts_with(R"({"ok":true)"));
  pass(60'000);
  ada->heard();
  ada->say(send("again"));
  EXPECT_TRUE(ack_of(*ada).starts_with(R"({"ok":true)"));
}

// Shows: S39
TEST_F(Chat, AClientIdMakesASendIdempotent) {
  auto ada = join_plain("ada");
  auto bob = join_plain("bob");
  ada->say(send("once", R"(,"clientId":"c1")"));
  const std::string first = ack_of(*ada);
  EXPECT_EQ(bob->heard().size(), 1U);
  ada->say(send("once", R"(,"clientId":"c1")"));
  EXPECT_EQ(ack_of(*ada), first);
  EXPECT_TRUE(bob->heard().empty());
  bob->say(send("mine", R"(,"clientId":"c1")"));
  EXPECT_NE(ack_of(*bob), first);
}

// Shows: R50 S10
TEST_F(Chat, RoomsKeepTheirMessagesApart) {
  auto ada = join_plain("ada");
  auto bob = join_plain("bob");
  ada->say(send("x", R"(,"room":"den")"));
  EXPECT_EQ(ack_of(*ada), R"({"ok":false,"error":"Not in room","code":"NOT_IN_ROOM"})");
  ada->say(R"({"type":"join-room","ref":2,"data":{"room":"den"}})");
  EXPECT_EQ(ack_of(*ada), R"({"ok":true,"room":"den","users":[{"userId":"id-ada","username":"ada",)"
                          R"("status":"online"}],"seq":0})");
  ada->say(send("x", R"(,"room":"den")"));
  ada->heard();
  EXPECT_TRUE(bob->heard().empty());
  bob->say(R"({"type":"join-room","ref":2,"data":{"room":"den"}})");
  EXPECT_NE(ack_of(*bob).find(R"("seq":1)"), std::string::npos);
  EXPECT_EQ(ada->heard(), Texts{R"({"type":"user-joined","data":{"room":"den","userId":"id-bob",)"
                                R"("username":"bob"}})"});
  bob->say(R"({"type":"leave-room","ref":3,"data":{"room":"den"}})");
  EXPECT_NE(ack_of(*bob).find(R"("users":[{"userId":"id-ada")"), std::string::npos);
  EXPECT_EQ(ada->heard().size(), 1U);
  bob->say(R"({"type":"leave-room","ref":3,"data":{"room":"den"}})");
  EXPECT_EQ(ack_of(*bob), R"({"ok":false,"error":"Not in room","code":"NOT_IN_ROOM"})");
}

TEST_F(Chat, ComingAndGoingIsAnnouncedOncePerUser) {
  const std::string join = R"({"type":"join-room","ref":1,"data":{"room":"den"}})";
  auto ada = join_plain("ada");
  ada->say(join);
  ada->heard();
  auto bob = join_plain("bob");
  auto phone = join_plain("bob");
  bob->say(join);
  phone->say(join);
  EXPECT_EQ(ada->heard().size(), 1U);
  phone->leave();
  EXPECT_TRUE(ada->heard().empty());
  bob->leave();
  EXPECT_EQ(ada->heard(), Texts{R"({"type":"user-left","data":{"room":"den","userId":"id-bob",)"
                                R"("username":"bob"}})"});
}

TEST_F(Chat, TheDefaultRoomTellsOfThoseWhoAskToBeInIt) {
  const std::string join = R"({"type":"join-room","ref":1,"data":{"room":"lobby"}})";
  auto ada = join_plain("ada");
  auto bob = join_plain("bob");
  EXPECT_TRUE(ada->heard().empty());
  bob->say(join);
  EXPECT_EQ(ada->heard().size(), 1U);
  bob->say(join);
  EXPECT_TRUE(ada->heard().empty());
  auto carol = join_plain("carol");
  carol->leave();
  EXPECT_TRUE(ada->heard().empty());
  bob->leave();
  EXPECT_EQ(ada->heard().size(), 1U);
}

TEST_F(Chat, TypingIsToldToTheOthersOnly) {
  auto ada = join_plain("ada");
  auto bob = join_plain("bob");
  ada->say(R"({"type":"typing","ref":1,"data":{"room":"lobby","typing":true}})");
  EXPECT_EQ(ack_of(*ada), R"({"ok":true})");
  EXPECT_EQ(bob->heard(),
            Texts{R"({"type":"typing","data":{"room":"lobby","userId":"id-ada","username":"ada",)"
                  R"("typing":true}})"});
  ada->say(R"({"type":"typing","ref":1,"data":{"room":"lobby","typing":"yes"}})");
  EXPECT_EQ(ack_of(*ada), R"({"ok":false,"error":"Invalid message","code":"INVALID_MESSAGE"})");
}

// Shows: R65
TEST_F(Chat, WhatCostsOthersIsLimitedPerUserAcrossSockets) {
  auto ada = join_plain("ada");
  auto phone = join_plain("ada");
  auto bob = join_plain("bob");
  const auto typing = [](Client& client) {
    client.say(R"({"type":"typing","ref":1,"data":{"room":"lobby","typing":true}})");
  };
  for (int i = 0; i < 99; ++i) {
    typing(*ada);
    phone->say(R"({"type":"room-history","data":{"room":"lobby"}})");
  }
  ada->say(R"({"type":"room-users","data":{"room":"lobby"}})");
  typing(*ada);
  EXPECT_EQ(ack_of(*ada), R"({"ok":true})");
  bob->heard();
  typing(*ada);
  EXPECT_EQ(ack_of(*ada), R"({"ok":false,"error":"Rate limit exceeded","code":"RATE_LIMITED"})");
  EXPECT_TRUE(bob->heard().empty());
  phone->heard();
  phone->say(R"({"type":"room-history","ref":2,"data":{"room":"lobby"}})");
  EXPECT_NE(phone->heard().at(0).find("RATE_LIMITED"), std::string::npos);
  typing(*bob);
  EXPECT_EQ(ack_of(*bob), R"({"ok":true})");
  pass(10'000);
  ada->heard();
  typing(*ada);
  EXPECT_EQ(ack_of(*ada), R"({"ok":true})");
}

// Shows: R52
TEST_F(Chat, RoomNamesAreChecked) {
  auto ada = join_plain("ada");
  const auto join = [&](const std::string& name) {
    ada->say(R"({"type":"join-room","ref":1,"data":{"room":)" + name + "}}");
    return ack_of(*ada);
  };
  const std::string invalid = R"({"ok":false,"error":"Invalid message","code":"INVALID_MESSAGE"})";
  const std::string forbidden = R"({"ok":false,"error":"Forbidden","code":"FORBIDDEN"})";
  EXPECT_EQ(join("1"), invalid);
  EXPECT_EQ(join("\"\""), invalid);
  EXPECT_EQ(join("\"" + std::string(65, 'x') + "\""), invalid);
  EXPECT_EQ(join(R"("a\u0007")"), invalid);
  EXPECT_EQ(join(R"("a\u202Eb")"), invalid);
  EXPECT_EQ(join("\"$system\""), forbidden);
  EXPECT_EQ(join("\"__proto__\""), forbidden);
  EXPECT_TRUE(join("\"" + std::string(64, 'x') + "\"").starts_with(R"({"ok":true)"));
}

// Shows: R50
TEST_F(Chat, RoomsThatNobodyMadeStayClosedWhenTheHostSaysSo) {
  options.auto_create_rooms = false;
  use_history(History::in_memory(std::make_shared<MemoryStore>(100, true)));
  auto ada = join_plain("ada");
  ada->say(R"({"type":"join-room","ref":1,"data":{"room":"den"}})");
  EXPECT_EQ(ack_of(*ada), R"({"ok":false,"error":"Forbidden","code":"FORBIDDEN"})");
  ada->say(R"({"type":"join-room","ref":1,"data":{"room":"lobby"}})");
  EXPECT_TRUE(ack_of(*ada).starts_with(R"({"ok":true)"));
}

// Shows: R49 R50 S39
TEST_F(Chat, HistoryIsPagedOldestFirst) {
  auto ada = join_plain("ada");
  for (int i = 1; i <= 5; ++i) ada->say(send("m" + std::to_string(i)));
  ada->heard();
  const auto seqs = [&](const std::string& range) {
    ada->say(R"({"type":"room-history","ref":1,"data":{"room":"lobby")" + range + "}}");
    const Result<JsonDocument> ack = JsonDocument::parse(ack_of(*ada));
    std::string text;
    if (!ack.ok()) return text;
    for (const auto& [key, message] : ack->root()["messages"].members()) {
      text += std::to_string(*message["seq"].as_integer());
    }
    return text + (*ack->root()["more"].as_bool() ? "+" : "");
  };
  EXPECT_EQ(seqs(""), "12345");
  EXPECT_EQ(seqs(R"(,"limit":2)"), "45+");
  EXPECT_EQ(seqs(R"(,"before":4,"limit":2)"), "23+");
  EXPECT_EQ(seqs(R"(,"before":3,"limit":2)"), "12");
  EXPECT_EQ(seqs(R"(,"after":2,"limit":2)"), "34+");
  EXPECT_EQ(seqs(R"(,"after":3)"), "45");
  EXPECT_EQ(seqs(R"(,"after":0,"limit":2)"), "12+");
  EXPECT_EQ(seqs(R"(,"after":1,"before":4)"), "23");
  for (const char* wrong : {R"(,"limit":0)", R"(,"limit":201)", R"(,"limit":"2")", R"(,"before":0)",
                            R"(,"before":1.5)", R"(,"after":-1)"}) {
    ada->say(R"({"type":"room-history","ref":1,"data":{"room":"lobby")" + std::string(wrong) +
             "}}");
    EXPECT_EQ(ack_of(*ada), R"({"ok":false,"error":"Invalid message","code":"INVALID_MESSAGE"})")
        << wrong;
  }
  ada->say(R"({"type":"room-history","ref":1,"data":{"room":"elsewhere"}})");
  EXPECT_EQ(ack_of(*ada), R"({"ok":false,"error":"Not in room","code":"NOT_IN_ROOM"})");
}

// Shows: R48 S31
TEST_F(Chat, UnknownEventsAreAckedOrIgnored) {
  auto ada = join_plain("ada");
  ada->say(R"({"type":"frobnicate","ref":"r"})");
  EXPECT_EQ(ack_of(*ada), R"({"ok":false,"error":"Unknown event","code":"UNKNOWN_EVENT"})");
  ada->say(R"({"type":"frobnicate"})");
  EXPECT_TRUE(ada->heard().empty());
  EXPECT_FALSE(ada->socket.closing());
}

// Shows: R103 S42
TEST_F(Chat, TheHostDeniesRewritesAndHearsOfMessages) {
  std::vector<std::string> heard;
  hooks.message = [&heard](MessageDraft& draft) {
    heard.push_back(draft.body);
    if (draft.body == "deny") return auth::Verdict::kDeny;
    if (draft.body == "why") {
      draft.denied = true;
      draft.public_reason = "Not on Sundays";
    }
    if (draft.body == "old") draft.body = "new";
    return auth::Verdict::kNext;
  };
  auto ada = join_plain("ada");
  ada->say(send("deny"));
  EXPECT_EQ(ack_of(*ada), R"({"ok":false,"error":"Forbidden","code":"FORBIDDEN"})");
  ada->say(send("why"));
  EXPECT_EQ(ack_of(*ada), R"({"ok":false,"error":"Not on Sundays","code":"FORBIDDEN"})");
  ada->say(send("old"));
  EXPECT_NE(ada->heard().at(0).find(R"("message":"new")"), std::string::npos);
  EXPECT_EQ(heard, (Texts{"deny", "why", "old"}));
}

TEST_F(Chat, WithoutHistoryMessagesFlowAndNothingIsKept) {
  use_history(History::in_memory(std::make_shared<MemoryStore>(100, false)));
  auto ada = join_plain("ada");
  ada->say(send("x", R"(,"clientId":"c")"));
  const std::string first = ack_of(*ada);
  ada->say(send("x", R"(,"clientId":"c")"));
  EXPECT_EQ(ack_of(*ada), first);
  ada->say(R"({"type":"room-history","ref":1,"data":{"room":"lobby"}})");
  EXPECT_EQ(ack_of(*ada), R"({"ok":true,"messages":[],"more":false})");
}

TEST_F(Chat, TheHostEmitsToWhomItNames) {
  auto ada = join_plain("ada");
  auto bob = join_plain("bob");
  ada->say(R"({"type":"join-room","ref":1,"data":{"room":"den"}})");
  ada->heard();
  Namespace& nsp = *namespaces_->find("/");
  Session& ada_session = *sessions.of_user("id-ada").at(0);
  Session& bob_session = *sessions.of_user("id-bob").at(0);
  const auto reached = [&](const Target& target) {
    nsp.emit(target, "news", "[1]", {});
    return std::string(ada->heard().empty() ? "" : "a") + (bob->heard().empty() ? "" : "b");
  };
  EXPECT_EQ(reached({}), "ab");
  EXPECT_EQ(reached({"", "den", "", 0, 0}), "a");
  EXPECT_EQ(reached({"", "", "id-bob", 0, 0}), "b");
  EXPECT_EQ(reached({"", "", "", ada_session.id(), 0}), "a");
  EXPECT_EQ(reached({"", "", "", 0, ada_session.id()}), "b");
  EXPECT_EQ(reached({"", "den", "id-bob", 0, 0}), "");
  EXPECT_EQ(reached({"", "", "", bob_session.id(), bob_session.id()}), "");
}

}  // namespace
}  // namespace securechat::chat::testing
