#include <gtest/gtest.h>

#include "protocol/socket_io.h"

namespace securechat::protocol::socket_io {
namespace {

using namespace std::string_view_literals;

// Shows: R49 S31
TEST(SocketIoDecodeTest, EveryPacketAClientSends) {
  struct Case {
    std::string text;
    PacketType type;
    std::string nsp;
    std::string ack;
    std::string event;
    std::string data;
  };
  const std::string long_nsp = "/" + std::string(255, 'n');
  const Case cases[] = {
      {"0", PacketType::kConnect, "/", "", "", ""},
      {"0{}", PacketType::kConnect, "/", "", "", "{}"},
      {"0{\"token\":\"t\"}", PacketType::kConnect, "/", "", "", "{\"token\":\"t\"}"},
      {"0/admin,", PacketType::kConnect, "/admin", "", "", ""},
      {"0/admin", PacketType::kConnect, "/admin", "", "", ""},
      {"0/admin,{\"token\":\"t\"}", PacketType::kConnect, "/admin", "", "", "{\"token\":\"t\"}"},
      {"0/admin?x=1&y=/2,{}", PacketType::kConnect, "/admin", "", "", "{}"},
      {"0/?x=1,", PacketType::kConnect, "/", "", "", ""},
      {"0" + long_nsp + ",", PacketType::kConnect, long_nsp, "", "", ""},
      {"0/caf\u00E9,", PacketType::kConnect, "/caf\u00E9", "", "", ""},
      {"1", PacketType::kDisconnect, "/", "", "", ""},
      {"1/admin,", PacketType::kDisconnect, "/admin", "", "", ""},
      {"2[\"foo\"]", PacketType::kEvent, "/", "", "foo", "[]"},
      {"2[\"foo\",1]", PacketType::kEvent, "/", "", "foo", "[1]"},
      {"2[ \"foo\" , {\"a\" : [1,\"]\"]} , null ]", PacketType::kEvent, "/", "", "foo",
       "[{\"a\" : [1,\"]\"]} , null]"},
      {"20[\"foo\"]", PacketType::kEvent, "/", "0", "foo", "[]"},
      {"212[\"foo\",{}]", PacketType::kEvent, "/", "12", "foo", "[{}]"},
      {"2/admin,456[\"foo\",\"bar\"]", PacketType::kEvent, "/admin", "456", "foo", "[\"bar\"]"},
      {"29007199254740991[\"foo\"]", PacketType::kEvent, "/", "9007199254740991", "foo", "[]"},
      {R"(2["caf\u00e9 \"q\"",1])", PacketType::kEvent, "/", "", "caf\u00E9 \"q\"", "[1]"},
      {"2[\"\"]", PacketType::kEvent, "/", "", "", "[]"},
      {"2[7,1]", PacketType::kEvent, "/", "", "7", "[1]"},
      {"2[-1.5]", PacketType::kEvent, "/", "", "-1.5", "[]"},
      {"2[\"error\",1]", PacketType::kEvent, "/", "", "error", "[1]"},  // No longer reserved.
      {"2[\"Connect\"]", PacketType::kEvent, "/", "", "Connect", "[]"},
      {"31[]", PacketType::kAck, "/", "1", "", "[]"},
      {"3/admin,13[\"bar\",{}]", PacketType::kAck, "/admin", "13", "", "[\"bar\",{}]"},
  };
  for (const Case& c : cases) {
    const Result<Packet> packet = decode(c.text);
    ASSERT_TRUE(packet.ok()) << c.text << ": " << packet.message();
    EXPECT_EQ(packet->type, c.type) << c.text;
    EXPECT_EQ(packet->nsp, c.nsp) << c.text;
    EXPECT_EQ(packet->ack, c.ack) << c.text;
    EXPECT_EQ(packet->event, c.event) << c.text;
    EXPECT_EQ(packet->data, c.data) << c.text;
    EXPECT_TRUE(packet->attachments.empty());
  }
}

// Shows: R39 R47 R49 R60
TEST(SocketIoDecodeTest, EveryFault) {
  const std::string faults[] = {
      "",
      "7",
      "x",
      " 2[\"a\"]",
      // CONNECT
      "0[]",
      "0null",
      "0\"token\"",
      "0 [{}]",
      "05",
      "05{}",
      "0{",
      "0{}x",
      "0{}{}",
      "0{\"a\":1,\"a\":2}",
      "0{\"token\":\"\\u0000\"}",
      "0" + std::string("/") + std::string(256, 'n') + ",",
      "0/a\x1E"
      "b,",
      "0/a\nb,",
      "0/a\x7F,",
      "0/\xFF,",
      // DISCONNECT
      "1{}",
      "1[]",
      "15",
      "1/admin,x",
      // EVENT
      "2",
      "2[]",
      "2{}",
      "2\"a\"",
      "2null",
      "2[null]",
      "2[true]",
      "2[{}]",
      "2[[\"a\"]]",
      "2[\"a\"",
      "2[\"a\"]]",
      "2[\"a\"]2[\"b\"]",
      "2[\"a\",]",
      "2[\"a\",1e999]",
      "2[\"a\",\"\\ud800\"]",
      "2[\"a\",\"\xC0\x80\"]",
      "2[\"a\",{\"b\":1,\"b\":1}]",
      "2[\"a\",\"\\u0000\"]",
      "2/admin[\"a\"]",  // No comma: all of it is a namespace, and no data is left.
      "2-1[\"a\"]",
      "2+1[\"a\"]",
      "21.5[\"a\"]",
      "201[\"a\"]",
      "29007199254740992[\"a\"]",
      "218446744073709551617[\"a\"]",
      "2" + std::string(1'000'000, '1') + "[\"a\"]",
      "2[\"connect\"]",
      "2[\"connect_error\"]",
      "2[\"disconnect\"]",
      "2[\"disconnecting\"]",
      "2[\"newListener\"]",
      "2[\"removeListener\"]",
      "2[\"dis\\u0063onnect\"]",
      // ACK
      "3",
      "3[]",
      "31",
      "31{}",
      "31null",
      "3/admin,[]",
      "39007199254740992[]",
      // CONNECT_ERROR
      "4",
      "4{\"message\":\"x\"}",
      // Binary packets: the count, then the placeholders.
      "5",
      "5-[\"a\"]",
      "50-[\"a\"]",
      "501-[\"a\",{\"_placeholder\":true,\"num\":0}]",
      "511-[\"a\"]",
      "5999999999999999999999-[\"a\"]",
      "51-[\"a\"]",
      "51-[\"a\",{\"_placeholder\":true,\"num\":1}]",
      "51-[\"a\",{\"_placeholder\":true,\"num\":-1}]",
      "51-[\"a\",{\"_placeholder\":true,\"num\":\"splice\"}]",
      "51-[\"a\",{\"_placeholder\":true}]",
      "51-[\"a\",{\"_placeholder\":1,\"num\":0}]",
      "52-[\"a\",{\"_placeholder\":true,\"num\":0}]",
      "52-[\"a\",{\"_placeholder\":true,\"num\":1},{\"_placeholder\":true,\"num\":0}]",
      "52-[\"a\",{\"_placeholder\":true,\"num\":0},{\"_placeholder\":true,\"num\":0}]",
      "61-1[]",
  };
  for (const std::string& text : faults) {
    const Result<Packet> packet = decode(text);
    EXPECT_EQ(packet.code(), Code::kInvalid) << text.substr(0, 80);
    EXPECT_FALSE(packet.message().empty());
  }
  EXPECT_FALSE(decode("2[\"a\"]\0"sv).ok());
  EXPECT_FALSE(decode("0/a\0b,"sv).ok());
}

TEST(SocketIoDecodeTest, BinaryPacketsSayHowManyAttachmentsFollow) {
  const Result<Packet> event = decode(
      R"(52-/admin,7["a",{"_placeholder":true,"num":0},{"b":[{"num":1,"_placeholder":true}]}])");
  ASSERT_TRUE(event.ok()) << event.message();
  EXPECT_EQ(event->type, PacketType::kEvent);
  EXPECT_EQ(event->attachments_due, 2U);
  EXPECT_EQ(event->nsp, "/admin");
  EXPECT_EQ(event->ack, "7");
  EXPECT_EQ(event->event, "a");
  EXPECT_EQ(event->data,
            R"([{"_placeholder":true,"num":0},{"b":[{"num":1,"_placeholder":true}]}])");
  const Result<Packet> ack = decode(R"(61-12[{"_placeholder":true,"num":0}])");
  ASSERT_TRUE(ack.ok()) << ack.message();
  EXPECT_EQ(ack->type, PacketType::kAck);
  EXPECT_EQ(ack->attachments_due, 1U);
  EXPECT_EQ(ack->ack, "12");
}

// Shows: R39
TEST(SocketIoDecodeTest, DepthAndNodeLimitsOfTheGateHold) {
  const std::string depth31 = std::string(31, '[') + std::string(31, ']');
  EXPECT_TRUE(decode("2[\"a\"," + depth31 + "]").ok());
  EXPECT_FALSE(decode("2[\"a\",[" + depth31 + "]]").ok());
  std::string ones = "1";
  while (ones.size() < 1'000'000) {
    ones += ",1";
  }
  EXPECT_FALSE(decode("2[\"a\",[" + ones + "]]").ok());
}

}  // namespace
}  // namespace securechat::protocol::socket_io
