#include "base/rate_limiter.h"

#include <gtest/gtest.h>

#include <deque>
#include <map>
#include <random>

namespace securechat {
namespace {

constexpr std::int64_t kMinute = 60'000;

// Shows: R65 S4
TEST(RateLimiterTest, TheEleventhIsRefusedAndTheWindowSlides) {
  RateLimiter limiter(10, kMinute, false);
  for (int i = 0; i < 10; ++i) {
    const RateVerdict verdict = limiter.attempt("peer", i * 1000);
    EXPECT_TRUE(verdict.allowed);
    EXPECT_EQ(verdict.limit, 10);
    EXPECT_EQ(verdict.remaining, 9 - i);
    EXPECT_EQ(verdict.retry_after_ms, 0);
    EXPECT_EQ(verdict.reset_ms, kMinute);
  }
  const RateVerdict refused = limiter.attempt("peer", 10'000);
  EXPECT_FALSE(refused.allowed);
  EXPECT_EQ(refused.remaining, 0);
  EXPECT_EQ(refused.retry_after_ms, 50'000);
  EXPECT_EQ(refused.reset_ms, 59'000);
  EXPECT_FALSE(limiter.attempt("peer", kMinute - 1).allowed);
  EXPECT_TRUE(limiter.attempt("peer", kMinute).allowed);  // The first one just left.
  EXPECT_FALSE(limiter.attempt("peer", kMinute).allowed);
  EXPECT_TRUE(limiter.attempt("other", kMinute).allowed);
}

TEST(RateLimiterTest, RefusedAttemptsCountWhenAsked) {
  RateLimiter limiter(2, 1000, true);
  EXPECT_TRUE(limiter.attempt("p", 0).allowed);
  EXPECT_TRUE(limiter.attempt("p", 0).allowed);
  const RateVerdict refused = limiter.attempt("p", 900);
  EXPECT_FALSE(refused.allowed);
  EXPECT_EQ(refused.retry_after_ms, 100);
  EXPECT_FALSE(limiter.attempt("p", 950).allowed);  // Now the two newest are 900 and 950.
  EXPECT_FALSE(limiter.attempt("p", 1000).allowed);
  EXPECT_EQ(limiter.peek("p", 1000).retry_after_ms, 950);
  EXPECT_TRUE(limiter.attempt("p", 1950).allowed);
}

TEST(RateLimiterTest, PeekDoesNotCount) {
  RateLimiter limiter(1, 1000, true);
  EXPECT_TRUE(limiter.peek("p", 0).allowed);
  EXPECT_EQ(limiter.size(), 0U);
  EXPECT_EQ(limiter.peek("p", 0).remaining, 1);
  limiter.attempt("p", 0);
  for (int i = 0; i < 3; ++i) {
    EXPECT_FALSE(limiter.peek("p", 500).allowed);
    EXPECT_EQ(limiter.peek("p", 500).retry_after_ms, 500);
  }
  EXPECT_TRUE(limiter.peek("p", 1000).allowed);
  EXPECT_EQ(limiter.peek("p", 1000).reset_ms, 0);
}

TEST(RateLimiterTest, ConfigureHoldsForWhatWasCounted) {
  RateLimiter limiter(5, 1000, false);
  for (int i = 0; i < 5; ++i) {
    limiter.attempt("p", i * 100);
  }
  limiter.configure(2, 1000);
  EXPECT_FALSE(limiter.peek("p", 500).allowed);
  EXPECT_EQ(limiter.peek("p", 500).retry_after_ms, 800);  // Until the one at 300 leaves.
  EXPECT_FALSE(limiter.attempt("p", 500).allowed);
  EXPECT_TRUE(limiter.attempt("p", 1300).allowed);
  limiter.configure(3, 10'000);
  EXPECT_TRUE(limiter.attempt("p", 1400).allowed);
  EXPECT_FALSE(limiter.attempt("p", 1400).allowed);
}

TEST(RateLimiterTest, LimitOfNoneRefusesEverything) {
  RateLimiter limiter(0, 1000, true);
  EXPECT_FALSE(limiter.attempt("p", 0).allowed);
  EXPECT_EQ(limiter.attempt("p", 0).retry_after_ms, 1000);
  RateLimiter negative(-1, 1000, false);
  EXPECT_FALSE(negative.attempt("p", 0).allowed);
}

TEST(RateLimiterTest, AClockThatGoesBackDoesNotBreakTheOrder) {
  RateLimiter limiter(3, 1000, false);
  limiter.attempt("p", 500);
  limiter.attempt("p", 100);
  limiter.attempt("p", 600);
  EXPECT_FALSE(limiter.attempt("p", 1499).allowed);
  EXPECT_TRUE(limiter.attempt("p", 1500).allowed);
}

TEST(RateLimiterTest, AMillionAsALimitGrowsWithUse) {
  RateLimiter limiter(1'000'000, kMinute, false);
  for (int i = 0; i < 1'000'000; ++i) {
    ASSERT_TRUE(limiter.attempt("p", i / 100).allowed);
  }
  EXPECT_FALSE(limiter.attempt("p", 10'000).allowed);
  EXPECT_EQ(limiter.peek("p", kMinute).remaining, 100);
}

TEST(RateLimiterTest, AgreesWithAPlainModel) {
  for (const bool count_refused : {false, true}) {
    std::mt19937 random(11);
    RateLimiter limiter(4, 100, count_refused);
    std::map<std::string, std::deque<std::int64_t>> model;
    std::int64_t now = 0;
    for (int step = 0; step < 20'000; ++step) {
      now += static_cast<std::int64_t>(random() % 12);
      const std::string key(1, static_cast<char>('a' + random() % 4));
      std::deque<std::int64_t>& times = model[key];
      while (!times.empty() && times.front() + 100 <= now) {
        times.pop_front();
      }
      const bool allowed = times.size() < 4;
      ASSERT_EQ(limiter.peek(key, now).allowed, allowed);
      if (allowed || count_refused) {
        times.push_back(now);
      }
      const RateVerdict verdict = limiter.attempt(key, now);
      ASSERT_EQ(verdict.allowed, allowed) << step;
      if (!allowed) {
        ASSERT_EQ(verdict.retry_after_ms, times[times.size() - 4] + 100 - now);
      }
    }
  }
}

std::string address(int i) {
  return std::to_string(i >> 16) + "." + std::to_string(i >> 8 & 255) + "." +
         std::to_string(i & 255);
}

// Shows: R64 S3
TEST(RateLimiterTest, AMillionAddressesChangeNeitherSizeNorActiveCounts) {
  constexpr std::size_t kKeys = 4096;
  RateLimiter limiter(10, 3'600'000, false, kKeys);
  for (int i = 0; i < 5; ++i) {
    limiter.attempt("active", i);
  }
  for (int i = 0; i < 1'000'000; ++i) {
    limiter.attempt(address(i), 10 + i / 1000);
    if (i % 1000 == 0) {
      ASSERT_LE(limiter.size(), kKeys);
    }
  }
  EXPECT_EQ(limiter.size(), kKeys);
  EXPECT_EQ(limiter.peek("active", 2000).remaining, 5);
}

// Shows: R64
TEST(RateLimiterTest, ATableFullOfActiveKeysStillCountsNewcomers) {
  RateLimiter limiter(3, 3'600'000, false, 100);
  for (int round = 0; round < 2; ++round) {
    for (int i = 0; i < 100; ++i) {
      limiter.attempt(address(i), round);
    }
  }
  EXPECT_LE(limiter.size(), 100U);
  for (int i = 0; i < 3; ++i) {
    EXPECT_TRUE(limiter.attempt("new", 10).allowed);
    limiter.attempt("passer-by " + std::to_string(i), 10);
  }
  EXPECT_FALSE(limiter.attempt("new", 10).allowed);
}

// Shows: R64 R98
TEST(RateLimiterTest, KeysGoWithTheirWindow) {
  RateLimiter limiter(3, 1000, false, 1000);
  for (int i = 0; i < 1000; ++i) {
    limiter.attempt(address(i), 0);
  }
  EXPECT_EQ(limiter.size(), 1000U);
  for (int i = 0; i < 600; ++i) {
    limiter.attempt("p", 5000);
  }
  EXPECT_LE(limiter.size(), 3U);
}

}  // namespace
}  // namespace securechat
