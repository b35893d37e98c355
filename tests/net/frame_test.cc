#include "net/frame.h"

#include <gtest/gtest.h>

#include <string>

namespace securechat::net {
namespace {

using namespace std::string_literals;

TEST(Frame, ShortFrameHasTwoBytesOfHeader) {
  const FrameRef frame = make_frame(Opcode::kText, "hello");
  EXPECT_EQ(frame.bytes(), "\x81\x05hello");
  EXPECT_EQ(frame.payload(), "hello");
  EXPECT_EQ(frame.opcode(), Opcode::kText);
}

TEST(Frame, EmptyFrame) {
  EXPECT_EQ(make_frame(Opcode::kPing, "").bytes(), "\x89\x00"s);
  EXPECT_TRUE(make_frame(Opcode::kPing, "").payload().empty());
}

TEST(Frame, LengthsAtTheBorders) {
  EXPECT_EQ(make_frame(Opcode::kBinary, std::string(125, 'x')).bytes().substr(0, 2), "\x82\x7D");
  EXPECT_EQ(make_frame(Opcode::kBinary, std::string(126, 'x')).bytes().substr(0, 4),
            "\x82\x7E\x00\x7E"s);
  EXPECT_EQ(make_frame(Opcode::kBinary, std::string(65'535, 'x')).bytes().substr(0, 4),
            "\x82\x7E\xFF\xFF");
  const FrameRef large = make_frame(Opcode::kBinary, std::string(65'536, 'x'));
  EXPECT_EQ(large.bytes().substr(0, 10), "\x82\x7F\x00\x00\x00\x00\x00\x01\x00\x00"s);
  EXPECT_EQ(large.bytes().size(), 65'546U);
  EXPECT_EQ(large.payload(), std::string(65'536, 'x'));
}

TEST(Frame, PrefixAndPayloadAreOne) {
  EXPECT_EQ(make_frame(Opcode::kText, "4", "2[]").bytes(), "\x81\x04"s + "42[]");
}

TEST(Frame, SharedFrameLivesAsLongAsItsLastReference) {
  FrameRef second;
  {
    const FrameRef first = make_frame(Opcode::kText, "shared");
    second = first;
    FrameRef third = second;
    const FrameRef fourth = std::move(third);
    EXPECT_FALSE(third);
    EXPECT_EQ(fourth.bytes().data(), first.bytes().data());
  }
  EXPECT_EQ(second.payload(), "shared");
}

TEST(Frame, CloseFrameCarriesItsCode) {
  EXPECT_EQ(make_close_frame(4508, "slow").bytes(), "\x88\x06\x11\x9Cslow");
  EXPECT_EQ(make_close_frame(kNoStatusCode, {}).bytes(), std::string_view("\x88\x00", 2));
}

TEST(Frame, WhatAnswersACloseFrame) {
  const auto answer = [](unsigned code, const std::string& reason = "") {
    const std::string payload = {static_cast<char>(code >> 8U), static_cast<char>(code & 0xFFU)};
    return answer_to_close(payload + reason);
  };
  EXPECT_EQ(answer_to_close(""), kNoStatusCode);
  EXPECT_EQ(answer_to_close("x"), 1002);
  for (const unsigned code : {1000U, 1003U, 1007U, 1011U, 1014U, 3000U, 4999U}) {
    EXPECT_EQ(answer(code, "why"), code);
  }
  for (const unsigned code : {0U, 999U, 1004U, 1005U, 1006U, 1015U, 2999U, 5000U, 65'535U}) {
    EXPECT_EQ(answer(code), 1002) << code;
  }
  EXPECT_EQ(answer(1000, "\xCE"), 1007);
}

TEST(Frame, CloseReasonIsCutBetweenCodePoints) {
  const std::string reason = std::string(122, 'r') + "\xC3\xA9 and more";
  EXPECT_EQ(make_close_frame(1000, reason).payload().substr(2), std::string(122, 'r'));
  EXPECT_EQ(make_close_frame(1000, std::string(200, 'r')).payload().size(), 125U);
}

}  // namespace
}  // namespace securechat::net
