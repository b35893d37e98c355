#include <gtest/gtest.h>

#include <functional>

#include "protocol/socket_io.h"

namespace securechat::protocol::socket_io {
namespace {

std::string encoded(const std::function<void(std::string&)>& encode) {
  std::string out = "4";
  encode(out);
  return out;
}

TEST(SocketIoEncodeTest, Connect) {
  EXPECT_EQ(encoded([](std::string& out) { encode_connect(out, "/", "sid", ""); }),
            R"(40{"sid":"sid"})");
  EXPECT_EQ(encoded([](std::string& out) { encode_connect(out, "/admin", "s", "p"); }),
            R"(40/admin,{"sid":"s","pid":"p"})");
}

TEST(SocketIoEncodeTest, ConnectError) {
  EXPECT_EQ(encoded([](std::string& out) { encode_connect_error(out, "/", "NO_TOKEN", ""); }),
            R"(44{"message":"NO_TOKEN"})");
  EXPECT_EQ(encoded([](std::string& out) {
              encode_connect_error(out, "/x", "a \"b\"", R"({"code":"FORBIDDEN"})");
            }),
            R"(44/x,{"message":"a \"b\"","data":{"code":"FORBIDDEN"}})");
}

TEST(SocketIoEncodeTest, Disconnect) {
  EXPECT_EQ(encoded([](std::string& out) { encode_disconnect(out, "/"); }), "41");
  EXPECT_EQ(encoded([](std::string& out) { encode_disconnect(out, "/admin"); }), "41/admin,");
}

TEST(SocketIoEncodeTest, Event) {
  const auto encoded_event = [](OutgoingEvent event, std::string_view ack = {}) {
    event.ack = ack;
    return encoded([&](std::string& out) { encode_event(out, event); });
  };
  EXPECT_EQ(encoded_event({.event = "receive-message", .args = R"([{"message":"hi"}])"}),
            R"(42["receive-message",{"message":"hi"}])");
  EXPECT_EQ(encoded_event({.event = "e", .args = "[]"}), R"(42["e"])");
  EXPECT_EQ(encoded_event({.event = "e", .args = ""}), R"(42["e"])");
  EXPECT_EQ(encoded_event({.nsp = "/admin", .event = "e", .args = "[1,2]"}, "9007199254740991"),
            R"(42/admin,9007199254740991["e",1,2])");
  EXPECT_EQ(encoded_event({.event = "q\"\n", .args = "[null]"}, "0"), R"(420["q\"\n",null])");
}

// What a host gives is JSON, white space included; fails when "[ ]" or " [1]" is spliced as it is.
TEST(SocketIoEncodeTest, WhiteSpaceAroundArgumentsIsNoArgument) {
  const std::pair<const char*, const char*> cases[] = {
      {"[ ]", R"(42["e"])"},           {"[\r\n\t]", R"(42["e"])"},
      {" [] ", R"(42["e"])"},          {" [ 1 , 2 ] ", R"(42["e",1 , 2])"},
      {"\n[\" \"]", R"(42["e"," "])"}, {"[[]]", R"(42["e",[]])"},
  };
  for (const auto& [args, packet] : cases) {
    const std::string text = encoded(
        [given = args](std::string& out) { encode_event(out, {.event = "e", .args = given}); });
    EXPECT_EQ(text, packet) << args;
    EXPECT_TRUE(decode(std::string_view(text).substr(1)).ok()) << text;
  }
}

TEST(SocketIoEncodeTest, Ack) {
  EXPECT_EQ(encoded([](std::string& out) { encode_ack(out, "/", "7", R"([{"ok":true}])"); }),
            R"(437[{"ok":true}])");
  EXPECT_EQ(encoded([](std::string& out) { encode_ack(out, "/admin", "12", ""); }),
            "43/admin,12[]");
}

TEST(SocketIoEncodeTest, WhatIsEncodedIsDecoded) {
  for (const char* const nsp : {"/", "/admin"}) {
    for (const char* const args : {"[]", "[1]", R"([{"a":[1,"]"]},null])"}) {
      for (const char* const ack : {"", "0", "41"}) {
        std::string text;
        encode_event(text, {.nsp = nsp, .event = "the \"event\"", .args = args, .ack = ack});
        const Result<Packet> packet = decode(text);
        ASSERT_TRUE(packet.ok()) << text;
        EXPECT_EQ(packet->nsp, nsp);
        EXPECT_EQ(packet->event, "the \"event\"");
        EXPECT_EQ(packet->data, args);
        EXPECT_EQ(packet->ack, ack);
      }
    }
  }
}

// Shows: R47
TEST(SocketIoEncodeTest, ReservedEvents) {
  for (const char* const name : {"connect", "connect_error", "disconnect", "disconnecting",
                                 "newListener", "removeListener"}) {
    EXPECT_TRUE(is_reserved_event(name)) << name;
  }
  for (const char* const name :
       {"", "error", "connect ", "Connect", "newlistener", "send-message"}) {
    EXPECT_FALSE(is_reserved_event(name)) << name;
  }
}

}  // namespace
}  // namespace securechat::protocol::socket_io
