#include "protocol/plain_json.h"

#include <gtest/gtest.h>

namespace securechat::protocol::plain_json {
namespace {

TEST(PlainJsonTest, DecodesAuth) {
  const std::pair<const char*, const char*> cases[] = {
      {R"({"type":"auth","token":"t","csrfToken":"c"})", R"({"token":"t","csrfToken":"c"})"},
      {R"( { "token" : "t" , "type" : "auth" } )", R"({"token":"t"})"},
      {R"({"type":"auth"})", "{}"},
      {R"({"\u0074ype":"\u0061uth","a":{"type":1}})", R"({"a":{"type":1}})"},
  };
  for (const auto& [text, data] : cases) {
    const Result<Packet> packet = decode(text);
    ASSERT_TRUE(packet.ok()) << text << packet.message();
    EXPECT_EQ(packet->type, PacketType::kConnect);
    EXPECT_EQ(packet->nsp, "/");
    EXPECT_EQ(packet->data, data);
    EXPECT_EQ(packet->ack, "");
    EXPECT_EQ(packet->event, "");
  }
}

// Shows: R49
TEST(PlainJsonTest, DecodesEvents) {
  struct Case {
    std::string text;
    std::string event;
    std::string data;
    std::string ack;
  };
  const std::string ref64 = "\"" + std::string(64, 'r') + "\"";
  const Case cases[] = {
      {R"({"type":"send-message","ref":7,"data":{"message":"hi"}})", "send-message",
       R"([{"message":"hi"}])", "7"},
      {R"({"type":"x"})", "x", "[]", ""},
      {R"({"data":null,"type":"x"})", "x", "[null]", ""},
      {R"({"type":"x","data":[1,[2]]})", "x", "[[1,[2]]]", ""},
      {R"({"type":"x","ref":"r\"\u00e9"})", "x", "[]", R"("r\"\u00e9")"},
      {R"({"type":"x","ref":""})", "x", "[]", "\"\""},
      {R"({"type":"x","ref":)" + ref64 + "}", "x", "[]", ref64},
      {R"({"type":"x","ref":9007199254740993})", "x", "[]", "9007199254740993"},
      {R"({"type":"x","ref":-1.50e2})", "x", "[]", "-1.50e2"},
      {R"({"type":"caf\u00e9","other":{"data":1}})", "caf\u00E9", "[]", ""},
      {R"({"type":"x","Data":1,"REF":2})", "x", "[]", ""},
  };
  for (const Case& c : cases) {
    const Result<Packet> packet = decode(c.text);
    ASSERT_TRUE(packet.ok()) << c.text << packet.message();
    EXPECT_EQ(packet->type, PacketType::kEvent);
    EXPECT_EQ(packet->event, c.event);
    EXPECT_EQ(packet->data, c.data);
    EXPECT_EQ(packet->ack, c.ack);
  }
}

TEST(PlainJsonTest, DecodesAcknowledgements) {
  struct Case {
    std::string text;
    std::string ack;
    std::string data;
  };
  const Case cases[] = {
      {R"({"type":"ack","ref":7,"data":{"ok":true}})", "7", R"([{"ok":true}])"},
      {R"({"type":"ack","ref":7})", "7", "[]"},
      {R"({"data":[1],"ref":"r","type":"\u0061ck"})", R"("r")", "[[1]]"},
  };
  for (const Case& c : cases) {
    const Result<Packet> packet = decode(c.text);
    ASSERT_TRUE(packet.ok()) << c.text << packet.message();
    EXPECT_EQ(packet->type, PacketType::kAck);
    EXPECT_EQ(packet->nsp, "/");
    EXPECT_EQ(packet->event, "");
    EXPECT_EQ(packet->ack, c.ack);
    EXPECT_EQ(packet->data, c.data);
  }
}

// Shows: R39
TEST(PlainJsonTest, EveryFault) {
  const std::string faults[] = {
      "",
      "x",
      "[]",
      "null",
      "\"auth\"",
      "{}",
      "{\"type\":1}",
      "{\"type\":null}",
      "{\"type\":\"\"}",
      "{\"type\":[\"auth\"]}",
      "{\"Type\":\"auth\"}",
      "{\"data\":{\"type\":\"x\"}}",
      "{\"type\":\"x\",\"type\":\"y\"}",
      "{\"type\":\"x\",\"\\u0074ype\":\"y\"}",
      "{\"type\":\"x\"}{}",
      "{\"type\":\"x\",}",
      "{\"type\":\"x\",\"ref\":null}",
      "{\"type\":\"x\",\"ref\":true}",
      "{\"type\":\"x\",\"ref\":{}}",
      "{\"type\":\"x\",\"ref\":[1]}",
      "{\"type\":\"x\",\"ref\":\"" + std::string(65, 'r') + "\"}",
      "{\"type\":\"x\",\"ref\":1e999}",
      "{\"type\":\"x\",\"data\":\"\\u0000\"}",
      "{\"type\":\"x\",\"data\":\"\xFF\"}",
      "{\"type\":\"ack\"}",
      "{\"type\":\"ack\",\"data\":1}",
      "{\"type\":\"ack\",\"ref\":null}",
      "{\"type\":\"connect\"}",
      "{\"type\":\"disconnect\"}",
      "{\"type\":\"x\",\"data\":" + std::string(32, '[') + std::string(32, ']') + "}",
  };
  for (const std::string& text : faults) {
    EXPECT_EQ(decode(text).code(), Code::kInvalid) << text;
  }
}

TEST(PlainJsonTest, Encodes) {
  std::string out;
  encode_welcome(out, "s1", R"({"id":"u"})", true);
  EXPECT_EQ(out, R"({"type":"welcome","sid":"s1","user":{"id":"u"},"resumed":true})");
  out.clear();
  encode_error(out, "AUTH_FAILED", "AUTH_FAILED");
  EXPECT_EQ(out, R"({"type":"error","message":"AUTH_FAILED","code":"AUTH_FAILED"})");
  out.clear();
  encode_error(out, "Invalid message", "INVALID_MESSAGE", "\"r\"");
  EXPECT_EQ(out,
            R"({"type":"error","message":"Invalid message","code":"INVALID_MESSAGE","ref":"r"})");
  out.clear();
  encode_event(out, {.event = "typing", .args = R"([{"room":"a,]"},2])"});
  EXPECT_EQ(out, R"({"type":"typing","data":{"room":"a,]"}})");
  out.clear();
  encode_event(out, {.event = "bare", .args = "[]"});
  EXPECT_EQ(out, R"({"type":"bare"})");
  out.clear();
  encode_event(out, {.event = "bare", .args = " [ ] "});
  EXPECT_EQ(out, R"({"type":"bare"})");
  out.clear();
  encode_event(out, {.event = "question", .args = R"([{"n":1},2])", .ack = "3"});
  EXPECT_EQ(out, R"({"type":"question","ref":3,"data":{"n":1}})");
  out.clear();
  encode_ack(out, "7", R"([{"ok":true}])");
  EXPECT_EQ(out, R"({"type":"ack","ref":7,"data":{"ok":true}})");
  out.clear();
  encode_ack(out, "\"r\"", "[]");
  EXPECT_EQ(out, R"({"type":"ack","ref":"r"})");
}

TEST(PlainJsonTest, EncodersAppend) {
  std::string out = "before ";
  encode_ack(out, "1", "[2]");
  EXPECT_EQ(out, R"(before {"type":"ack","ref":1,"data":2})");
}

}  // namespace
}  // namespace securechat::protocol::plain_json
