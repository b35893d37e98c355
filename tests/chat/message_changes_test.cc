#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "base/text.h"
#include "chat/chat_fixture.h"
#include "chat/event_call.h"

namespace securechat::chat::testing {
namespace {

constexpr std::string_view kForbidden = R"({"ok":false,"error":"Forbidden","code":"FORBIDDEN"})";
constexpr std::string_view kInvalid =
    R"({"ok":false,"error":"Invalid message","code":"INVALID_MESSAGE"})";

class MessageChanges : public ChatTest {
 protected:
  static std::string value_of(const std::string& json, std::string_view key) {
    const std::string quoted = "\"" + std::string(key) + "\":\"";
    const std::size_t at = json.find(quoted);
    if (at == std::string::npos) return {};
    const std::size_t begin = at + quoted.size();
    return json.substr(begin, json.find('"', begin) - begin);
  }
  // The id of what is said.
  std::string say(Client& client, const std::string& text, const std::string& room = "lobby") {
    client.say(R"({"type":"send-message","ref":1,"data":{"message":")" + text + R"(","room":")" +
               room + "\"}}");
    const std::string ack = ack_of(client);
    return value_of(ack, "id");
  }
  std::string ask(Client& client, const std::string& event, const std::string& data) {
    client.heard();
    client.say(R"({"type":")" + event + R"(","ref":1,"data":{)" + data + "}}");
    return ack_of(client);
  }
  std::string edit(Client& client, const std::string& id, const std::string& text) {
    return ask(client, "edit-message", R"("id":")" + id + R"(","message":")" + text + "\"");
  }
  std::string remove(Client& client, const std::string& id) {
    return ask(client, "delete-message", R"("id":")" + id + "\"");
  }
  std::string history(Client& client) { return ask(client, "room-history", R"("room":"lobby")"); }
};

TEST_F(MessageChanges, AnEditReachesTheRoomEscapedOnce) {
  auto ada = join_plain("ada");
  auto bob = join_socket_io("bob");
  const std::string id = say(*ada, "one");
  bob->heard();
  clock.advance_ms(5'000);
  const std::string ack = edit(*ada, id, "  <b>two</b> ");
  EXPECT_TRUE(ack.starts_with(R"({"ok":true,"id":")" + id + R"(","room":"lobby","seq":1,)")) << ack;
  EXPECT_EQ(value_of(ack, "editedAt"), iso8601(clock.unix_ms()));
  const std::string told = bob->heard().at(0);
  EXPECT_TRUE(told.starts_with(R"(42["message-edited",{"username":"ada",)")) << told;
  EXPECT_NE(told.find(R"("message":"&lt;b&gt;two&lt;&#x2F;b&gt;")"), std::string::npos) << told;
  EXPECT_EQ(value_of(told, "id"), id);
  EXPECT_EQ(value_of(told, "userId"), "id-ada");
  EXPECT_EQ(value_of(told, "editedAt"), iso8601(clock.unix_ms()));
  EXPECT_TRUE(told.ends_with(R"(,"2"])")) << "the change has an offset of its own: " << told;
  const std::string page = history(*ada);
  EXPECT_NE(page.find("two"), std::string::npos);
  EXPECT_EQ(page.find("\"one\""), std::string::npos);
}

TEST_F(MessageChanges, ADeletedMessageLeavesHistoryAndCannotBeChanged) {
  auto ada = join_plain("ada");
  auto bob = join_plain("bob");
  const std::string id = say(*ada, "one");
  edit(*ada, id, "two");
  bob->heard();
  EXPECT_EQ(remove(*ada, id), R"({"ok":true,"id":")" + id + R"(","room":"lobby","seq":1})");
  EXPECT_EQ(bob->heard().at(0),
            R"({"type":"message-deleted","data":{"id":")" + id + R"(","room":"lobby","seq":1}})");
  EXPECT_EQ(history(*ada), R"({"ok":true,"messages":[],"more":false})");
  EXPECT_EQ(edit(*ada, id, "three"), kForbidden);
  EXPECT_EQ(remove(*ada, id), kForbidden);
  EXPECT_EQ(ask(*ada, "message-edits", R"("id":")" + id + "\""), kForbidden);
  // Its number is not used again.
  ada->say(R"({"type":"send-message","ref":1,"data":{"message":"next"}})");
  EXPECT_NE(ack_of(*ada).find(R"("seq":2)"), std::string::npos);
}

// That a message does not exist, is somebody else's or in a room one is not in looks the same.
TEST_F(MessageChanges, OnlyTheAuthorAndModeratorsInTheRoomMay) {
  add_user("mod").role = "moderator";
  add_user("root").role = "admin";
  auto ada = join_plain("ada");
  auto bob = join_plain("bob");
  auto mod = join_plain("mod");
  auto root = join_plain("root");
  const std::string id = say(*ada, "one");
  EXPECT_EQ(edit(*bob, id, "two"), kForbidden);
  EXPECT_EQ(remove(*bob, id), kForbidden);
  EXPECT_EQ(ask(*bob, "message-edits", R"("id":")" + id + "\""), kForbidden);
  EXPECT_EQ(edit(*bob, std::string(32, '0'), "two"), kForbidden);
  EXPECT_TRUE(edit(*mod, id, "two").starts_with(R"({"ok":true)"));
  EXPECT_TRUE(edit(*root, id, "three").starts_with(R"({"ok":true)"));
  const std::string edits = ask(*ada, "message-edits", R"("id":")" + id + "\"");
  EXPECT_TRUE(edits.starts_with(R"({"ok":true,"edits":[{"message":"one","until":")")) << edits;
  EXPECT_NE(edits.find(R"({"message":"two",)"), std::string::npos) << edits;
  // The author stays the author.
  EXPECT_EQ(value_of(history(*bob), "username"), "ada");

  ask(*ada, "join-room", R"("room":"den")");
  const std::string elsewhere = say(*ada, "secret", "den");
  EXPECT_EQ(edit(*mod, elsewhere, "x"), kForbidden);
  ask(*ada, "leave-room", R"("room":"den")");
  EXPECT_EQ(edit(*ada, elsewhere, "x"), kForbidden);
  EXPECT_TRUE(remove(*mod, id).starts_with(R"({"ok":true)"));
}

// Everybody sees whose words they are not any more.
TEST_F(MessageChanges, WhoEditedAnothersMessageIsNamed) {
  add_user("mod").role = "moderator";
  auto ada = join_plain("ada");
  auto mod = join_plain("mod");
  const std::string id = say(*ada, "one");
  edit(*ada, id, "two");
  EXPECT_EQ(value_of(history(*ada), "editedBy"), "");
  ada->heard();
  edit(*mod, id, "three");
  EXPECT_EQ(value_of(ada->heard().at(0), "editedBy"), "id-mod");
  EXPECT_EQ(value_of(history(*ada), "editedBy"), "id-mod");
  EXPECT_EQ(value_of(history(*ada), "userId"), "id-ada");
}

// Shows: R72
TEST_F(MessageChanges, WhatAMessageSaidBeforeIsBounded) {
  auto ada = join_plain("ada");
  const std::string id = say(*ada, "first");
  message_rate.configure(1'000, 60'000);
  for (int i = 0; i < 120; ++i) edit(*ada, id, "text " + std::to_string(i));
  const std::string edits = ask(*ada, "message-edits", R"("id":")" + id + "\"");
  EXPECT_EQ(edits.find("first"), std::string::npos);
  EXPECT_NE(edits.find("text 69"), std::string::npos);
  EXPECT_EQ(edits.find("text 68"), std::string::npos);
}

// The host is not asked about what is not allowed anyway, under another's name at that.
TEST_F(MessageChanges, TheHostIsAskedOnlyAboutWhatTheSenderMayDo) {
  int asked = 0;
  hooks.message = [&asked](MessageDraft& draft) {
    if (draft.event == "edit-message") ++asked;
    return auth::Verdict::kNext;
  };
  auto ada = join_plain("ada");
  auto bob = join_plain("bob");
  const std::string id = say(*ada, "one");
  EXPECT_EQ(edit(*bob, id, "two"), kForbidden);
  EXPECT_EQ(asked, 0);
  edit(*ada, id, "two");
  EXPECT_EQ(asked, 1);
}

TEST_F(MessageChanges, WrongFormsAreAnswered) {
  auto ada = join_plain("ada");
  const std::string id = say(*ada, "one");
  for (const std::string& data :
       {std::string(), std::string(R"("id":7,"message":"x")"),
        std::string(R"("id":"short","message":"x")"), R"("id":")" + id + "\"",
        R"("id":")" + id + R"(","message":7)", R"("id":")" + id + R"(","message":"  ")",
        R"("id":")" + id + R"(","message":")" + std::string(501, 'x') + "\""}) {
    EXPECT_EQ(ask(*ada, "edit-message", data), kInvalid) << data;
  }
  EXPECT_EQ(ask(*ada, "delete-message", R"("id":null)"), kInvalid);
  EXPECT_EQ(ask(*ada, "message-edits", ""), kInvalid);
}

// An edit is a text that everybody gets: it counts as a message, and the host judges it as one.
TEST_F(MessageChanges, EditsAreCountedAndJudgedLikeMessages) {
  std::vector<std::string> asked;
  hooks.message = [&asked](MessageDraft& draft) {
    asked.push_back(std::string(draft.event) + " " + draft.body);
    if (draft.body == "bad") return auth::Verdict::kDeny;
    if (draft.body == "old") draft.body = "new";
    return auth::Verdict::kNext;
  };
  auto ada = join_plain("ada");
  const std::string id = say(*ada, "one");
  EXPECT_EQ(edit(*ada, id, "bad"), kForbidden);
  EXPECT_TRUE(edit(*ada, id, "old").starts_with(R"({"ok":true)"));
  EXPECT_EQ(value_of(history(*ada), "message"), "new");
  EXPECT_EQ(asked,
            (std::vector<std::string>{"send-message one", "edit-message bad", "edit-message old"}));
  for (int i = 0; i < 27; ++i) edit(*ada, id, "again");
  EXPECT_EQ(edit(*ada, id, "once more"),
            R"({"ok":false,"error":"Rate limit exceeded","code":"RATE_LIMITED"})");
}

// A database that fails is no reason to give up.
TEST_F(MessageChanges, WhatStorageRefusesMayBeAskedAgain) {
  EXPECT_EQ(event_fault_of(Code::kAgain), EventFault::kBusy);
  EXPECT_EQ(event_fault_of(Code::kDatabase), EventFault::kBusy);
  EXPECT_EQ(event_fault_of(Code::kInternal), EventFault::kInternal);
}

TEST_F(MessageChanges, WithoutHistoryNothingIsThereToBeChanged) {
  use_history(History::in_memory(std::make_shared<MemoryStore>(100, false)));
  auto ada = join_plain("ada");
  const std::string id = say(*ada, "one");
  EXPECT_EQ(edit(*ada, id, "two"), kForbidden);
  EXPECT_EQ(remove(*ada, id), kForbidden);
}

}  // namespace
}  // namespace securechat::chat::testing
