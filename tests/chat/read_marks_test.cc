#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "chat/chat_fixture.h"

namespace securechat::chat::testing {
namespace {

class ReadMarks : public ChatTest {
 protected:
  std::string ask(Client& client, const std::string& event, const std::string& data) {
    client.heard();
    client.say(R"({"type":")" + event + R"(","ref":1,"data":{)" + data + "}}");
    return ack_of(client);
  }
  void say(Client& client) { ask(client, "send-message", R"("message":"x")"); }
};

TEST_F(ReadMarks, EverybodyHearsHowFarAUserHasRead) {
  auto ada = join_plain("ada");
  auto other_device = join_socket_io("ada");
  auto bob = join_plain("bob");
  for (int i = 0; i < 3; ++i) say(*ada);
  bob->heard();
  other_device->heard();
  EXPECT_EQ(ask(*ada, "mark-read", R"("room":"lobby","seq":2)"),
            R"({"ok":true,"room":"lobby","seq":2})");
  EXPECT_EQ(bob->heard().at(0),
            R"({"type":"message-read","data":{"room":"lobby","userId":"id-ada","seq":2}})");
  EXPECT_EQ(other_device->heard().at(0),
            R"(42["message-read",{"room":"lobby","userId":"id-ada","seq":2}])");
  // What is known already is told to nobody; what is not there yet was not read.
  EXPECT_EQ(ask(*ada, "mark-read", R"("room":"lobby","seq":1)"),
            R"({"ok":true,"room":"lobby","seq":2})");
  EXPECT_TRUE(bob->heard().empty());
  EXPECT_EQ(ask(*ada, "mark-read", R"("room":"lobby","seq":99)"),
            R"({"ok":true,"room":"lobby","seq":3})");
  ask(*bob, "mark-read", R"("room":"lobby","seq":1)");
  EXPECT_EQ(ask(*bob, "room-marks", R"("room":"lobby")"),
            R"({"ok":true,"marks":[{"userId":"id-ada","seq":3},{"userId":"id-bob","seq":1}]})");
}

TEST_F(ReadMarks, WrongFormsAndOtherRoomsAreRefused) {
  auto ada = join_plain("ada");
  say(*ada);
  for (const char* wrong :
       {R"("room":"lobby")", R"("room":"lobby","seq":0)", R"("room":"lobby","seq":"1")",
        R"("room":"lobby","seq":1.5)", R"("seq":1)", R"("room":7,"seq":1)"}) {
    EXPECT_EQ(ask(*ada, "mark-read", wrong),
              R"({"ok":false,"error":"Invalid message","code":"INVALID_MESSAGE"})")
        << wrong;
  }
  for (const char* event : {"mark-read", "room-marks"}) {
    EXPECT_EQ(ask(*ada, event, R"("room":"den","seq":1)"),
              R"({"ok":false,"error":"Not in room","code":"NOT_IN_ROOM"})");
  }
  EXPECT_EQ(ask(*ada, "room-marks", R"("room":"lobby")"), R"({"ok":true,"marks":[]})");
}

}  // namespace
}  // namespace securechat::chat::testing
