#include "net/permessage_deflate.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace securechat::net {
namespace {

using namespace std::string_literals;

constexpr std::size_t kLimit = 1'000;

class MessageDeflate : public testing::Test {
 protected:
  // A piece of a text frame: `rest` of the frame comes later, `last` is its FIN.
  Inflation take(std::string_view bytes, bool rsv1, bool last = true, std::size_t rest = 0,
                 std::size_t limit = kLimit) {
    FramePiece piece{bytes, rest, true, last && rest == 0};
    deflate.release();
    const Inflation result = deflate.inflate(piece, rsv1, limit);
    got = piece.bytes;
    inflated = piece.inflated;
    return result;
  }

  PermessageDeflate deflate{DeflateParameters{}};
  const std::string hello = "\xF2\x48\xCD\xC9\xC9\x07\x00"s;
  std::string got;
  bool inflated = false;
};

TEST_F(MessageDeflate, EachMessageSaysWhetherItIsCompressed) {
  EXPECT_EQ(take(hello, true), Inflation::kOk);
  EXPECT_EQ(got, "Hello");
  EXPECT_TRUE(inflated);
  EXPECT_EQ(take("plain", false), Inflation::kOk);
  EXPECT_EQ(got, "plain");
  EXPECT_FALSE(inflated);
  EXPECT_EQ(take(hello, true), Inflation::kOk);
  EXPECT_EQ(got, "Hello");
}

TEST_F(MessageDeflate, TheFirstFrameSpeaksForAll) {
  EXPECT_EQ(take(hello.substr(0, 3), true, false), Inflation::kOk);
  std::string all = got;
  EXPECT_EQ(take(hello.substr(3, 0), false, false), Inflation::kOk);
  EXPECT_EQ(take(hello.substr(3, 2), false, true, hello.size() - 5), Inflation::kOk);
  all += got;
  EXPECT_EQ(take(hello.substr(5), false), Inflation::kOk);
  EXPECT_EQ(all + got, "Hello");
}

TEST_F(MessageDeflate, TheBitOnAContinuationIsAFault) {
  EXPECT_EQ(take(hello.substr(0, 3), true, false), Inflation::kOk);
  EXPECT_EQ(take(hello.substr(3), true), Inflation::kReservedBit);
}

TEST_F(MessageDeflate, TheBitOnAContinuationOfPlainIsAFault) {
  EXPECT_EQ(take("a", false, false), Inflation::kOk);
  EXPECT_EQ(take("b", true), Inflation::kReservedBit);
}

TEST_F(MessageDeflate, PiecesOfTheFirstFrameAllHaveTheBit) {
  EXPECT_EQ(take(hello.substr(0, 3), true, true, hello.size() - 3), Inflation::kOk);
  EXPECT_EQ(take(hello.substr(3), true), Inflation::kOk);
}

// Shows: R61
TEST_F(MessageDeflate, TheLimitIsOfWhatIsInflated) {
  Deflater deflater(kMaxWindowBits, false);
  EXPECT_EQ(take(deflater.deflate(std::string(kLimit, 'a')), true), Inflation::kOk);
  EXPECT_EQ(got.size(), kLimit);
  EXPECT_EQ(take(deflater.deflate(std::string(kLimit + 1, 'a')), true), Inflation::kTooBig);
}

TEST_F(MessageDeflate, TheLimitIsOfTheMessageNotOfTheFrame) {
  Deflater deflater(kMaxWindowBits, false);
  const std::string half = deflater.deflate(std::string(600, 'a')) + "\0\0\xFF\xFF"s;
  EXPECT_EQ(take(half, true, false), Inflation::kOk);
  EXPECT_EQ(take(half, false, false), Inflation::kTooBig);
}

TEST_F(MessageDeflate, ALimitThatIsLoweredWithinAMessage) {
  Deflater deflater(kMaxWindowBits, false);
  EXPECT_EQ(take(deflater.deflate(std::string(600, 'a')), true, false), Inflation::kOk);
  EXPECT_EQ(take("\0\0\xFF\xFF"s, false, false, 0, 10), Inflation::kOk);
  EXPECT_EQ(take(hello, false, true, 0, 10), Inflation::kTooBig);
}

// Empty stored blocks inflate to nothing, as many as there are.
TEST_F(MessageDeflate, WhatHoldsNothingIsBoundedToo) {
  const std::string nothing = "\0\0\0\xFF\xFF"s;
  std::size_t sent = 0;
  Inflation result = Inflation::kOk;
  for (bool first = true; result == Inflation::kOk && sent < 100 * kLimit; first = false) {
    result = take(nothing, first, false);
    sent += nothing.size();
  }
  EXPECT_EQ(result, Inflation::kTooBig);
  EXPECT_LT(sent, 4 * kLimit);
}

TEST_F(MessageDeflate, ADeclaredLengthIsRefusedAtOnce) {
  EXPECT_EQ(take(hello.substr(0, 1), true, true, 100 * kLimit), Inflation::kTooBig);
}

TEST_F(MessageDeflate, WithoutALimit) {
  EXPECT_EQ(take(hello, true, true, 0, SIZE_MAX), Inflation::kOk);
  EXPECT_EQ(got, "Hello");
}

TEST_F(MessageDeflate, Broken) {
  EXPECT_EQ(take("\x07", true), Inflation::kBroken);
}

TEST_F(MessageDeflate, FramesForThePeer) {
  const FrameRef text = deflate.deflate(make_frame(Opcode::kText, "Hello"));
  EXPECT_EQ(text.bytes(), "\xC1\x07"s + hello);
  EXPECT_EQ(text.opcode(), Opcode::kText);
  const FrameRef binary = deflate.deflate(make_frame(Opcode::kBinary, ""));
  EXPECT_EQ(binary.bytes(), "\xC2\x01\0"s);
  const FrameRef ping = deflate.deflate(make_frame(Opcode::kPing, "Hello"));
  EXPECT_EQ(ping.bytes(), "\x89\x05Hello");
  const FrameRef close = deflate.deflate(make_close_frame(1000, ""));
  EXPECT_EQ(close.bytes(), "\x88\x02\x03\xE8");
}

TEST_F(MessageDeflate, ParametersSayHowEachSideCodes) {
  DeflateParameters parameters;
  parameters.server_no_context_takeover = true;
  PermessageDeflate server(parameters);
  const FrameRef hello_frame = make_frame(Opcode::kText, "Hello");
  const FrameRef first = server.deflate(hello_frame);
  EXPECT_EQ(server.deflate(hello_frame).bytes(), first.bytes());
  (void)deflate.deflate(hello_frame);
  EXPECT_LT(deflate.deflate(hello_frame).bytes().size(), first.bytes().size());
  deflate.forget_sent();
  EXPECT_EQ(deflate.deflate(hello_frame).bytes(), first.bytes());
}

}  // namespace
}  // namespace securechat::net
