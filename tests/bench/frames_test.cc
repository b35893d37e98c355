#include "load/frames.h"

#include <gtest/gtest.h>

#include <string>

#include "load/dialect.h"
#include "load/tag.h"

namespace securechat::bench {
namespace {

TEST(FramesTest, AFrameIsReadOnceItIsWhole) {
  const std::string frame = std::string("\x81\x05") + "hello";
  ServerFrame read = {};
  for (std::size_t size = 0; size < frame.size(); ++size) {
    EXPECT_EQ(read_frame(std::string_view(frame).substr(0, size), read), FrameFault::kIncomplete);
  }
  const std::string followed = frame + "more";
  ASSERT_EQ(read_frame(followed, read), FrameFault::kNone);
  EXPECT_EQ(read.payload, "hello");
  EXPECT_EQ(read.bytes, frame.size());
}

TEST(FramesTest, FragmentsAndMasksOfAServerAreBroken) {
  ServerFrame read = {};
  EXPECT_EQ(read_frame(std::string("\x01\x01x", 3), read), FrameFault::kBroken);
  EXPECT_EQ(read_frame(std::string("\x81\x81\0\0\0\0x", 7), read), FrameFault::kBroken);
  EXPECT_EQ(read_frame(std::string("\xC1\x01x", 3), read), FrameFault::kBroken);
}

TEST(FramesTest, AClientFrameIsMasked) {
  std::string frame;
  append_frame(frame, FrameType::kText, "abc", 0x04030201);
  EXPECT_EQ(frame, std::string("\x81\x83\x01\x02\x03\x04", 6) + '\x60' + '\x60' + '\x60');
}

TEST(FramesTest, AnAnswerIsReadWithItsBody) {
  const std::string answer =
      "HTTP/1.1 503 Service Unavailable\r\nCONTENT-length: 4\r\nConnection: close\r\n\r\nbusy";
  EXPECT_FALSE(read_answer(answer.substr(0, answer.size() - 1)).has_value());
  const std::optional<HttpAnswer> read = read_answer(answer);
  ASSERT_TRUE(read.has_value());
  EXPECT_EQ(read->status, 503);
  EXPECT_EQ(read->bytes, answer.size());
  EXPECT_TRUE(read->closes);
}

TEST(DialectTest, KnowsWhatServersSay) {
  const auto heard = [](Dialect dialect, std::string_view payload) {
    return understand(dialect, payload).heard;
  };
  EXPECT_EQ(heard(Dialect::kSocketIo, "0{\"sid\":\"x\"}"), Heard::kOpen);
  EXPECT_EQ(heard(Dialect::kSocketIo, "40{\"sid\":\"x\"}"), Heard::kJoined);
  EXPECT_EQ(heard(Dialect::kSocketIo, "44{\"message\":\"AUTH_FAILED\"}"), Heard::kRefused);
  EXPECT_EQ(heard(Dialect::kSocketIo, "42[\"error\",{}]"), Heard::kRefused);
  EXPECT_EQ(heard(Dialect::kSocketIo, "2"), Heard::kPing);
  EXPECT_EQ(heard(Dialect::kSocketIo, "42[\"user-joined\",{}]"), Heard::kOther);
  EXPECT_EQ(heard(Dialect::kPlain, R"({"type":"welcome","sid":"x"})"), Heard::kJoined);
  EXPECT_EQ(heard(Dialect::kPlain, R"({"type":"error","message":"x"})"), Heard::kRefused);
  const Incoming ack = understand(Dialect::kSocketIo, R"(4312[{"ok":true}])");
  EXPECT_EQ(ack.heard, Heard::kAck);
  EXPECT_EQ(ack.ref, 12U);
  EXPECT_TRUE(ack.ok);
  EXPECT_FALSE(understand(Dialect::kPlain, R"({"type":"ack","ref":3,"data":{"ok":false}})").ok);
}

TEST(TagTest, IsFoundWhereverItStands) {
  const Tag tag{1, 2, 0xFFFFFFFF, 1'700'000'000'123'456'789};
  std::string text;
  append_text(text, tag, 100);
  EXPECT_EQ(text.size(), 100U);
  std::size_t hint = 0;
  EXPECT_EQ(find_tag("a # b ## " + text, hint), tag);
  EXPECT_EQ(hint, 9U);
  EXPECT_EQ(find_tag("another place " + text, hint), tag);
  EXPECT_FALSE(find_tag("none", hint).has_value());
}

}  // namespace
}  // namespace securechat::bench
