#include "load/histogram.h"

#include <gtest/gtest.h>

namespace securechat::bench {
namespace {

TEST(HistogramTest, PercentilesAreAtMostThreePercentOff) {
  Histogram histogram;
  for (std::int64_t value = 1; value <= 100'000; ++value) histogram.record(value);
  for (const double share : {0.01, 0.5, 0.9, 0.99, 0.999}) {
    const double exact = share * 100'000;
    const auto found = static_cast<double>(histogram.percentile(share));
    EXPECT_GE(found, exact) << share;
    EXPECT_LE(found, exact * 1.04) << share;
  }
  EXPECT_EQ(histogram.percentile(1), 100'000);
  EXPECT_EQ(histogram.largest(), 100'000);
}

TEST(HistogramTest, TakesWhateverComes) {
  Histogram histogram;
  EXPECT_EQ(histogram.percentile(0.5), 0);
  histogram.record(-5);
  histogram.record(0);
  EXPECT_EQ(histogram.percentile(0.99), 0);
  histogram.record(INT64_MAX);
  EXPECT_EQ(histogram.percentile(1), INT64_MAX);
}

}  // namespace
}  // namespace securechat::bench
