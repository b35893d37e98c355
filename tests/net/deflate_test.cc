#include "net/deflate.h"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace securechat::net {
namespace {

using namespace std::string_literals;

constexpr std::size_t kRoom = 1'000'000;

// Of bytes that DEFLATE makes nothing of, and of text that it halves.
std::string noise(std::size_t size, unsigned seed = 1) {
  std::mt19937 generator(seed);
  std::string bytes(size, '\0');
  for (char& c : bytes) c = static_cast<char>(generator());
  return bytes;
}

std::string prose(std::size_t size, unsigned seed = 1) {
  std::mt19937 generator(seed);
  std::string text;
  while (text.size() < size) text += "word" + std::to_string(generator() % 500) + ' ';
  text.resize(size);
  return text;
}

// The whole of a message, or "broken", or "too big".
std::string inflate(Inflater& inflater, std::string_view deflated, std::size_t room = kRoom) {
  std::string out;
  Inflated result = inflater.add(deflated, room, out);
  if (result == Inflated::kOk) result = inflater.finish(room - out.size(), out);
  if (result == Inflated::kTooBig) return "too big";
  return result == Inflated::kBroken ? "broken" : out;
}

TEST(Deflate, EveryMessageComesBackInEveryWindow) {
  for (int bits = kMinWindowBits; bits <= kMaxWindowBits; ++bits) {
    for (const bool takeover : {true, false}) {
      Deflater deflater(bits, takeover);
      Inflater inflater(bits, takeover);
      for (const std::size_t size : {0U, 1U, 8U, 0U, 125U, 16'384U, 16'385U, 70'000U}) {
        for (const std::string& message : {noise(size), prose(size), std::string(size, 'a')}) {
          ASSERT_EQ(inflate(inflater, deflater.deflate(message)), message)
              << bits << " bits, " << size << " bytes";
        }
      }
    }
  }
}

// A window of 256 bytes is made with one of 512; an inflater that holds no more than 256 and takes
// its output byte by byte sees how far back the references reach.
TEST(Deflate, TheSmallestWindowSufficesForTheSmallestWindow) {
  Deflater deflater(kMinWindowBits, true);
  z_stream stream = {};
  ASSERT_EQ(inflateInit2(&stream, -kMinWindowBits), Z_OK);
  for (unsigned i = 0; i < 20; ++i) {
    const std::string message = prose(3'000, i % 3);
    std::string deflated = deflater.deflate(message) + "\0\0\xFF\xFF"s;
    std::string out;
    stream.next_in = reinterpret_cast<Bytef*>(deflated.data());
    stream.avail_in = static_cast<uInt>(deflated.size());
    while (out.size() < message.size()) {
      Bytef byte = 0;
      stream.next_out = &byte;
      stream.avail_out = 1;
      ASSERT_EQ(::inflate(&stream, Z_NO_FLUSH), Z_OK) << stream.msg;
      out += static_cast<char>(byte);
    }
    EXPECT_EQ(out, message);
    Bytef byte = 0;
    stream.next_out = &byte;
    stream.avail_out = 1;
    ::inflate(&stream, Z_NO_FLUSH);
    EXPECT_EQ(stream.avail_in, 0U);
  }
  inflateEnd(&stream);
}

TEST(Deflate, TakeoverIsWhatMakesTheSecondMessageShort) {
  const std::string message = noise(500);
  Deflater with(kMaxWindowBits, true);
  Deflater without(kMaxWindowBits, false);
  EXPECT_EQ(with.deflate(message), without.deflate(message));
  EXPECT_LT(with.deflate(message).size(), 20U);
  EXPECT_GT(without.deflate(message).size(), 500U);
}

TEST(Deflate, AMessageThatWasForgottenIsReferredToByNone) {
  const std::string message = noise(500);
  Deflater deflater(kMaxWindowBits, true);
  Inflater inflater(kMaxWindowBits, true);
  EXPECT_EQ(inflate(inflater, deflater.deflate("first")), "first");
  (void)deflater.deflate(message);
  deflater.forget();
  EXPECT_EQ(inflate(inflater, deflater.deflate(message)), message);
}

// RFC 7692 section 7.2.3.
TEST(Inflate, TheExamplesOfTheSpecification) {
  Inflater inflater(kMaxWindowBits, true);
  EXPECT_EQ(inflate(inflater, "\xF2\x48\xCD\xC9\xC9\x07\x00"s), "Hello");
  EXPECT_EQ(inflate(inflater, "\xF2\x00\x11\x00\x00"s), "Hello") << "by the window before";
  EXPECT_EQ(inflate(inflater, "\x00\x05\x00\xFA\xFF\x48\x65\x6C\x6C\x6F\x00"s), "Hello")
      << "stored";
  EXPECT_EQ(inflate(inflater, "\xF3\x48\xCD\xC9\xC9\x07\x00\x00"s), "Hello") << "a final block";
  EXPECT_EQ(inflate(inflater, "\xF2\x48\x05\x00\x00\x00\xFF\xFF\xCA\xC9\xC9\x07\x00"s), "Hello")
      << "two blocks";
  EXPECT_EQ(inflate(inflater, "\0"s), "") << "the empty message";
}

TEST(Inflate, AFinalBlockWithNothingBehindItEndsTheMessage) {
  Inflater inflater(kMaxWindowBits, true);
  EXPECT_EQ(inflate(inflater, "\xF3\x48\xCD\xC9\xC9\x07\x00"s), "Hello");
  EXPECT_EQ(inflate(inflater, "\xF2\x00\x11\x00\x00"s), "Hello") << "and the window stays";
}

TEST(Inflate, BlocksGoOnBehindAFinalOne) {
  Inflater inflater(kMaxWindowBits, true);
  const std::string hello = "\xF3\x48\xCD\xC9\xC9\x07\x00"s;
  EXPECT_EQ(inflate(inflater, hello + hello + "\xF2\x48\xCD\xC9\xC9\x07\x00"s), "HelloHelloHello");
  EXPECT_EQ(inflate(inflater, "\x01"s), "") << "the empty stored block is the final one";
  EXPECT_EQ(inflate(inflater, "\xF2\x48\xCD\xC9\xC9\x07\x00"s), "Hello");
}

TEST(Inflate, AFinalBlockWhoseOutputFillsTheStepExactly) {
  const std::string message(16'384, 'x');
  z_stream stream = {};
  ASSERT_EQ(deflateInit2(&stream, 6, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY), Z_OK);
  std::string deflated(1'000, '\0');
  std::string input = message;
  stream.next_in = reinterpret_cast<Bytef*>(input.data());
  stream.avail_in = static_cast<uInt>(input.size());
  stream.next_out = reinterpret_cast<Bytef*>(deflated.data());
  stream.avail_out = static_cast<uInt>(deflated.size());
  ASSERT_EQ(::deflate(&stream, Z_FINISH), Z_STREAM_END);
  deflated.resize(deflated.size() - stream.avail_out);
  deflateEnd(&stream);
  Inflater inflater(kMaxWindowBits, true);
  EXPECT_EQ(inflate(inflater, deflated), message);
  EXPECT_EQ(inflate(inflater, deflated), message);
}

TEST(Inflate, ByteByByte) {
  const std::string message = prose(20'000) + noise(2'000);
  Deflater deflater(kMaxWindowBits, true);
  Inflater inflater(kMaxWindowBits, true);
  for (int i = 0; i < 3; ++i) {
    std::string out;
    for (const char c : deflater.deflate(message)) {
      ASSERT_EQ(inflater.add({&c, 1}, kRoom, out), Inflated::kOk);
      ASSERT_EQ(inflater.add({}, kRoom, out), Inflated::kOk);
    }
    ASSERT_EQ(inflater.finish(kRoom, out), Inflated::kOk);
    EXPECT_EQ(out, message);
  }
}

// Shows: R61
TEST(Inflate, StopsBehindTheLimit) {
  const std::string message(50'000'000, 'b');
  Deflater deflater(kMaxWindowBits, false);
  const std::string deflated = deflater.deflate(message);
  EXPECT_LT(deflated.size(), 60'000U);
  for (const std::size_t room : {0U, 1U, 1'000U, 16'384U, 1'000'000U}) {
    Inflater inflater(kMaxWindowBits, true);
    std::string out;
    EXPECT_EQ(inflater.add(deflated, room, out), Inflated::kTooBig) << room;
    EXPECT_LE(out.size(), room);
    EXPECT_LE(out.capacity(), 2 * room + 16'384U);
  }
}

TEST(Inflate, TheLimitItselfIsAllowed) {
  for (const std::size_t size : {0U, 1U, 16'384U, 40'000U}) {
    Deflater deflater(kMaxWindowBits, true);
    const std::string deflated = deflater.deflate(std::string(size, 'c'));
    Inflater enough(kMaxWindowBits, true);
    EXPECT_EQ(inflate(enough, deflated, size).size(), size);
    if (size == 0) continue;
    Inflater less(kMaxWindowBits, true);
    EXPECT_EQ(inflate(less, deflated, size - 1), "too big");
  }
}

TEST(Inflate, WhatIsBroken) {
  const std::vector<std::string> broken = {
      "\x07"s,                      // A block of the fourth kind, which is none.
      "\x00\x05\x00\xFA\xFE\x48"s,  // The length of a stored block and its complement.
      "\xF2\x48\xCD\xC9\xC9"s,      // Cut.
      "\xF2\x48\xCD\xC9\xC9\x07"s,  // Cut before the empty block.
      "\xF2\x48\xCD\xC9\xC9\x07\x00\x00\x00\xFF\xFF"s,  // The tail was not taken off.
      "\xF2\x00\x11\x00\x00"s,                          // A reference to a window that is empty.
      "Hello"s,
      ""s,
  };
  for (const std::string& deflated : broken) {
    Inflater inflater(kMaxWindowBits, true);
    EXPECT_EQ(inflate(inflater, deflated), "broken") << testing::PrintToString(deflated);
  }
}

TEST(Inflate, WithoutTakeoverNothingIsReferredTo) {
  Inflater inflater(kMaxWindowBits, false);
  EXPECT_EQ(inflate(inflater, "\xF2\x48\xCD\xC9\xC9\x07\x00"s), "Hello");
  EXPECT_EQ(inflate(inflater, "\xF2\x00\x11\x00\x00"s), "broken");
}

TEST(Inflate, AnotherWindowThanAgreedIsBroken) {
  const std::string far = noise(2'000);
  Deflater deflater(kMaxWindowBits, true);
  Inflater inflater(9, true);
  EXPECT_EQ(inflate(inflater, deflater.deflate(far)), far);
  EXPECT_EQ(inflate(inflater, deflater.deflate(far)), "broken");
}

}  // namespace
}  // namespace securechat::net
