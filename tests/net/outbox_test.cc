#include "net/outbox.h"

#include <gtest/gtest.h>

#include <string>

namespace securechat::net {
namespace {

bool push(Outbox& outbox, std::string_view payload, std::size_t limit = 100) {
  FrameRef frame = make_frame(Opcode::kText, payload);
  const bool taken = outbox.push(frame, limit);
  EXPECT_EQ(taken, !frame);
  return taken;
}

std::string front(const Outbox& outbox) {
  return outbox.frames().empty() ? std::string() : std::string(outbox.frames().front().payload());
}

TEST(Outbox, KeepsOrderAndCountsBytes) {
  Outbox outbox;
  EXPECT_TRUE(outbox.empty());
  EXPECT_TRUE(push(outbox, "one"));
  EXPECT_TRUE(push(outbox, "three"));
  EXPECT_EQ(outbox.waiting(), 5U + 7U);
  ASSERT_EQ(outbox.frames().size(), 2U);
  EXPECT_EQ(outbox.frames()[0].bytes(), "\x81\x03one");
  EXPECT_EQ(outbox.frames()[1].bytes(), "\x81\x05three");
}

TEST(Outbox, GivesUpWhatWasWritten) {
  Outbox outbox;
  push(outbox, "one");
  push(outbox, "two");
  push(outbox, "three");
  outbox.consume(2);
  EXPECT_EQ(front(outbox), "three");
  EXPECT_EQ(outbox.waiting(), 7U);
  outbox.consume(1);
  EXPECT_TRUE(outbox.empty());
  EXPECT_EQ(outbox.waiting(), 0U);
}

TEST(Outbox, OneAndSeveralFollowEachOther) {
  Outbox outbox;
  for (int round = 0; round < 3; ++round) {
    push(outbox, "alone");
    ASSERT_EQ(outbox.frames().size(), 1U);
    EXPECT_EQ(front(outbox), "alone");
    outbox.consume(1);
    EXPECT_TRUE(outbox.frames().empty());
    push(outbox, "first");
    push(outbox, "second");
    ASSERT_EQ(outbox.frames().size(), 2U);
    outbox.consume(1);
    push(outbox, "third");
    ASSERT_EQ(outbox.frames().size(), 2U);
    EXPECT_EQ(front(outbox), "second");
    EXPECT_EQ(outbox.frames()[1].payload(), "third");
    if (round == 1) {
      outbox.clear();
    } else {
      outbox.consume(2);
    }
    EXPECT_TRUE(outbox.empty());
  }
}

// Shows: R67
TEST(Outbox, RefusesWhatExceedsTheLimit) {
  Outbox outbox;
  EXPECT_TRUE(push(outbox, "12345678", 10));
  EXPECT_FALSE(push(outbox, "", 10));
  EXPECT_EQ(outbox.frames().size(), 1U);
  outbox.consume(1);
  EXPECT_TRUE(push(outbox, "", 10));
}

TEST(Outbox, TakesOneTooLargeFrameWhenNothingWaits) {
  Outbox outbox;
  EXPECT_TRUE(push(outbox, "much too long", 4));
  EXPECT_FALSE(push(outbox, "x", 4));
}

TEST(Outbox, WhatWasHandedOverCounts) {
  Outbox outbox;
  outbox.set_handed(8);
  EXPECT_TRUE(outbox.empty());
  EXPECT_EQ(outbox.waiting(), 8U);
  EXPECT_FALSE(push(outbox, "x", 10));
  EXPECT_TRUE(push(outbox, "", 10));
  EXPECT_FALSE(push(outbox, "", 10));
  outbox.set_handed(0);
  EXPECT_TRUE(push(outbox, "123456", 10));
}

TEST(Outbox, ManyFramesInAndOut) {
  Outbox outbox;
  std::size_t written = 0;
  for (int i = 0; i < 1'000; ++i) {
    ASSERT_TRUE(push(outbox, std::to_string(i), 1'000'000));
    if (i % 3 != 0) {
      ASSERT_EQ(front(outbox), std::to_string(written));
      outbox.consume(1);
      ++written;
    }
  }
  while (!outbox.empty()) {
    ASSERT_EQ(front(outbox), std::to_string(written++));
    outbox.consume(1);
  }
  EXPECT_EQ(written, 1'000U);
}

}  // namespace
}  // namespace securechat::net
