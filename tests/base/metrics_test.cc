#include "base/metrics.h"

#include <gtest/gtest.h>

#include <array>
#include <string_view>
#include <thread>
#include <vector>

namespace securechat {
namespace {

TEST(MetricsTest, CountersAndGauges) {
  Counter counter;
  counter.add();
  counter.add(41);
  EXPECT_EQ(counter.value(), 42U);
  Gauge gauge;
  gauge.add(5);
  gauge.add(-7);
  EXPECT_EQ(gauge.value(), -2);
  gauge.set(9);
  EXPECT_EQ(gauge.value(), 9);
}

TEST(MetricsTest, SharedCountersLoseNothing) {
  SharedCounter counter;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&counter] {
      for (int i = 0; i < 10'000; ++i) counter.add();
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(counter.value(), 40'000U);
}

TEST(MetricsTest, AWordThatIsNotKnownMakesNoNewSeries) {
  static constexpr std::array<std::string_view, 3> kWords{"a", "b", "other"};
  CountersByWord<kWords.size()> counters(kWords);
  counters.add("b");
  counters.add("what a host says");
  counters.add("other");
  EXPECT_EQ(counters.value(0), 0U);
  EXPECT_EQ(counters.value(1), 1U);
  EXPECT_EQ(counters.value(2), 2U);
  EXPECT_EQ(counters.word(2), "other");
}

TEST(MetricsTest, AHistogramPutsEachValueUnderItsBound) {
  Histogram<2> histogram({1.0, 10.0});
  for (const double value : {0.5, 1.0, 1.5, 10.0, 11.0}) histogram.observe(value);
  const HistogramValues values = histogram.values();
  EXPECT_EQ(values.bounds, (std::vector<double>{1.0, 10.0}));
  EXPECT_EQ(values.counts, (std::vector<std::uint64_t>{2, 2, 1}));
  EXPECT_DOUBLE_EQ(values.sum, 24.0);
}

}  // namespace
}  // namespace securechat
