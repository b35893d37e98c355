#include "base/timer_queue.h"

#include <gtest/gtest.h>

#include <deque>
#include <functional>
#include <optional>
#include <random>
#include <stdexcept>

namespace securechat {
namespace {

TEST(TimerQueueTest, RunsEarliestFirstAndTiesInOrderOfStart) {
  TimerQueue queue;
  std::vector<int> ran;
  std::deque<Timer> timers;
  const std::int64_t at[] = {50, 10, 30, 10, 20};
  for (int i = 0; i < 5; ++i) {
    timers.emplace_back([&ran, i] { ran.push_back(i); });
    timers.back().start(queue, at[i]);
  }
  EXPECT_EQ(queue.next_ms(), 10);
  EXPECT_EQ(queue.run(9), 0U);
  EXPECT_EQ(queue.run(30), 4U);
  EXPECT_EQ(ran, (std::vector<int>{1, 3, 4, 2}));
  EXPECT_EQ(queue.size(), 1U);
  EXPECT_TRUE(timers[0].active());
  EXPECT_FALSE(timers[1].active());
  EXPECT_EQ(queue.next_ms(), 50);
  timers[0].cancel();
  timers[0].cancel();
  EXPECT_EQ(queue.next_ms(), TimerQueue::kNever);
}

TEST(TimerQueueTest, RestartMovesAndDestructionCancels) {
  TimerQueue queue;
  int ran = 0;
  Timer timer([&ran] { ++ran; });
  timer.start(queue, 10);
  timer.start(queue, 40);
  EXPECT_EQ(timer.at_ms(), 40);
  EXPECT_EQ(queue.size(), 1U);
  EXPECT_EQ(queue.run(39), 0U);
  {
    Timer other([&ran] { ran += 100; });
    other.start(queue, 5);
  }
  EXPECT_EQ(queue.run(40), 1U);
  EXPECT_EQ(ran, 1);
}

TEST(TimerQueueTest, CallbackMayRestartItselfAndTheCallEnds) {
  struct Restarting {
    TimerQueue queue;
    int ran = 0;
    Timer timer{[this] {
      ++ran;
      timer.start(queue, 0);  // Long past.
    }};
  } self;
  self.timer.start(self.queue, 10);
  EXPECT_EQ(self.queue.run(10), 1U);
  EXPECT_EQ(self.queue.next_ms(), 0);
  EXPECT_EQ(self.queue.run(10), 1U);
  EXPECT_EQ(self.ran, 2);
}

TEST(TimerQueueTest, CallbackMayDestroyItsOwnTimer) {
  TimerQueue queue;
  std::optional<Timer> timer;
  bool seen = false;
  timer.emplace([&timer, &seen] {
    timer.reset();
    seen = true;  // The captures still live.
  });
  timer->start(queue, 1);
  EXPECT_EQ(queue.run(1), 1U);
  EXPECT_TRUE(seen);
}

TEST(TimerQueueTest, CallbackMayCancelRestartAndDestroyOthersThatAreDue) {
  TimerQueue queue;
  std::vector<std::string> ran;
  std::optional<Timer> destroyed;
  Timer cancelled([&] { ran.push_back("cancelled"); });
  Timer moved([&] { ran.push_back("moved"); });
  Timer fresh([&] { ran.push_back("fresh"); });
  Timer last([&] { ran.push_back("last"); });
  destroyed.emplace([&] { ran.push_back("destroyed"); });
  const std::function<void()> interfere = [&] {
    ran.push_back("first");
    EXPECT_TRUE(cancelled.active());
    cancelled.cancel();
    destroyed.reset();
    moved.start(queue, 2);
    fresh.start(queue, 1);
    EXPECT_EQ(queue.size(), 3U);
    EXPECT_EQ(queue.run(100), 0U);
  };
  Timer first([&interfere] { interfere(); });
  first.start(queue, 1);
  cancelled.start(queue, 2);
  destroyed->start(queue, 3);
  moved.start(queue, 4);
  last.start(queue, 5);
  EXPECT_EQ(queue.run(10), 2U);
  EXPECT_EQ(ran, (std::vector<std::string>{"first", "last"}));
  EXPECT_EQ(queue.run(10), 2U);
  EXPECT_EQ(ran, (std::vector<std::string>{"first", "last", "fresh", "moved"}));
}

TEST(TimerQueueTest, AThrowingCallbackLosesNoOtherTimer) {
  TimerQueue queue;
  int ran = 0;
  Timer bad([] { throw std::runtime_error("x"); });
  Timer good([&ran] { ++ran; });
  Timer later([&ran] { ++ran; });
  bad.start(queue, 1);
  good.start(queue, 2);
  later.start(queue, 50);
  EXPECT_THROW(queue.run(10), std::runtime_error);
  EXPECT_EQ(queue.size(), 2U);
  EXPECT_LE(queue.next_ms(), 10);
  EXPECT_EQ(queue.run(10), 1U);
  EXPECT_EQ(queue.run(50), 1U);
}

TEST(TimerQueueTest, ATimerMayOutliveItsQueue) {
  Timer timer([] {});
  {
    TimerQueue queue;
    timer.start(queue, 1);
  }
  EXPECT_FALSE(timer.active());
  TimerQueue other;
  timer.start(other, 1);
  EXPECT_EQ(other.run(1), 1U);
}

TEST(TimerQueueTest, RandomStartsAndCancelsKeepTheOrder) {
  std::mt19937 random(7);
  TimerQueue queue;
  std::deque<Timer> timers;
  std::int64_t last = 0;
  int ran = 0;
  const std::function<void(std::size_t)> check = [&](std::size_t i) {
    const std::int64_t at = timers[i].at_ms();
    EXPECT_GE(at, last);
    last = at;
    ++ran;
  };
  for (std::size_t i = 0; i < 2000; ++i) {
    timers.emplace_back([&check, i] { check(i); });
  }
  for (int step = 0; step < 20'000; ++step) {
    Timer& timer = timers[random() % timers.size()];
    if (random() % 3 == 0) {
      timer.cancel();
    } else {
      timer.start(queue, static_cast<std::int64_t>(random() % 10'000));
    }
  }
  const std::size_t started = queue.size();
  std::size_t total = 0;
  for (std::int64_t now = 0; now < 10'000; now += 500) {
    total += queue.run(now);
  }
  total += queue.run(10'000);
  EXPECT_EQ(total, started);
  EXPECT_EQ(static_cast<std::size_t>(ran), started);
  EXPECT_EQ(queue.size(), 0U);
}

}  // namespace
}  // namespace securechat
