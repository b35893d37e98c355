#include "base/clock.h"

#include <gtest/gtest.h>

namespace securechat {
namespace {

// Shows: R68
TEST(ClockTest, SystemClockIsThisCenturyAndNeverGoesBack) {
  const SystemClock clock;
  EXPECT_GT(clock.unix_ms(), 1'700'000'000'000);
  EXPECT_EQ(clock.unix_seconds() / 100, clock.unix_ms() / 100'000);
  const std::int64_t before = clock.monotonic_ms();
  EXPECT_GE(clock.monotonic_ms(), before);
}

TEST(ClockTest, ManualClockMovesBothTimes) {
  ManualClock clock(5000);
  const std::int64_t before = clock.monotonic_ms();
  clock.advance_ms(1500);
  EXPECT_EQ(clock.unix_ms(), 6500);
  EXPECT_EQ(clock.unix_seconds(), 6);
  EXPECT_EQ(clock.monotonic_ms(), before + 1500);
}

}  // namespace
}  // namespace securechat
