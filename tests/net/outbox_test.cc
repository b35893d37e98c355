#include "net/outbox.h"

#include <gtest/gtest.h>

#include <array>
#include <string>

namespace securechat::net {
namespace {

FrameRef text(std::string_view payload) {
  return make_frame(Opcode::kText, payload);
}

std::string front(const Outbox& outbox) {
  std::array<std::string_view, 1> views;
  return outbox.gather(views) == 1 ? std::string(views[0]) : std::string();
}

TEST(Outbox, KeepsOrderAndCountsBytes) {
  Outbox outbox(100);
  EXPECT_TRUE(outbox.empty());
  EXPECT_TRUE(outbox.push(text("one")));
  EXPECT_TRUE(outbox.push(text("three")));
  EXPECT_EQ(outbox.bytes(), 5U + 7U);
  EXPECT_EQ(outbox.frames(), 2U);
  std::array<std::string_view, 8> views;
  ASSERT_EQ(outbox.gather(views), 2U);
  EXPECT_EQ(views[0], "\x81\x03one");
  EXPECT_EQ(views[1], "\x81\x05three");
}

TEST(Outbox, ConsumesAcrossFrames) {
  Outbox outbox(100);
  outbox.push(text("one"));
  outbox.push(text("three"));
  outbox.consume(3);
  EXPECT_EQ(front(outbox), "ne");
  outbox.consume(4);
  EXPECT_EQ(front(outbox), "three");
  EXPECT_EQ(outbox.bytes(), 5U);
  outbox.consume(5);
  EXPECT_TRUE(outbox.empty());
  EXPECT_EQ(outbox.bytes(), 0U);
}

TEST(Outbox, RefusesWhatExceedsTheLimit) {
  Outbox outbox(10);
  EXPECT_TRUE(outbox.push(text("12345678")));
  EXPECT_FALSE(outbox.push(text("")));
  EXPECT_EQ(outbox.frames(), 1U);
  outbox.consume(2);
  EXPECT_TRUE(outbox.push(text("")));
}

TEST(Outbox, TakesOneTooLargeFrameWhenEmpty) {
  Outbox outbox(4);
  EXPECT_TRUE(outbox.push(text("much too long")));
  EXPECT_FALSE(outbox.push(text("x")));
}

TEST(Outbox, DropUnsentKeepsThePartlyWrittenFrame) {
  Outbox outbox(100);
  outbox.push(text("one"));
  outbox.push(text("two"));
  outbox.consume(1);
  outbox.drop_unsent();
  EXPECT_EQ(outbox.frames(), 1U);
  EXPECT_EQ(front(outbox), "\x03one");
  EXPECT_EQ(outbox.bytes(), 4U);
  outbox.consume(4);
  outbox.push(text("two"));
  outbox.drop_unsent();
  EXPECT_TRUE(outbox.empty());
  EXPECT_EQ(outbox.bytes(), 0U);
}

TEST(Outbox, ManyFramesInAndOut) {
  Outbox outbox(1'000'000);
  std::size_t written = 0;
  for (int i = 0; i < 1'000; ++i) {
    ASSERT_TRUE(outbox.push(text(std::to_string(i))));
    if (i % 3 != 0) {
      ASSERT_EQ(front(outbox).substr(2), std::to_string(written));
      outbox.consume(front(outbox).size());
      ++written;
    }
  }
  while (!outbox.empty()) {
    ASSERT_EQ(front(outbox).substr(2), std::to_string(written++));
    outbox.consume(front(outbox).size());
  }
  EXPECT_EQ(written, 1'000U);
  EXPECT_EQ(outbox.bytes(), 0U);
}

}  // namespace
}  // namespace securechat::net
