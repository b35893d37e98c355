#include "base/log_limit.h"

#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "base/log.h"

namespace securechat {
namespace {

class LogLimitTest : public testing::Test {
 protected:
  LogLimitTest() {
    log_.set_sink([this](LogLevel, std::string_view line) { lines_.emplace_back(line); });
  }
  void provoke(int times, const std::string& source, std::string_view what = "a peer was refused") {
    for (int i = 0; i < times; ++i) {
      log_.limited(LogLevel::kWarn, source, what, {{"address", source}});
    }
  }
  [[nodiscard]] std::size_t count(std::string_view text) const {
    std::size_t found = 0;
    for (const std::string& line : lines_) {
      if (line.find(text) != std::string::npos) ++found;
    }
    return found;
  }

  ManualClock clock_;
  std::vector<std::string> lines_;
  Logger log_{clock_, LogFormat::kText, LogLevel::kInfo};
};

// Shows: R90
TEST_F(LogLimitTest, AFloodOfOneSourceIsAFewLinesAndACount) {
  provoke(5'000, "192.0.2.1");
  EXPECT_EQ(lines_.size(), static_cast<std::size_t>(LogLimit::kPerSource));
  EXPECT_EQ(log_.lost(), 5'000U - LogLimit::kPerSource);
  log_.say_left_out();
  EXPECT_EQ(count("more like this"), 0U) << "the window is not over";
  clock_.advance_ms(LogLimit::kWindowMs);
  log_.say_left_out();
  EXPECT_EQ(count("a peer was refused: 4995 more like this in 10 s"), 1U);
  log_.say_left_out();
  EXPECT_EQ(count("more like this"), 1U) << "it is said once";
}

TEST_F(LogLimitTest, AnotherSourceAndAnotherMessageAreHeard) {
  provoke(1'000, "192.0.2.1");
  lines_.clear();
  provoke(1, "192.0.2.2");
  provoke(1, "192.0.2.1", "a connection was closed");
  EXPECT_EQ(lines_.size(), 2U);
}

// Shows: R90
TEST_F(LogLimitTest, AThousandSourcesWriteNoThousandLines) {
  for (int i = 0; i < 3'000; ++i) provoke(1, "10.0." + std::to_string(i));
  EXPECT_EQ(lines_.size(), static_cast<std::size_t>(LogLimit::kPerMessage));
  log_.say_left_out(true);
  EXPECT_EQ(count("2950 more like this"), 1U) << "the end of the log does not wait for the window";
}

TEST_F(LogLimitTest, EachWindowIsCountedAnew) {
  provoke(100, "192.0.2.1");
  clock_.advance_ms(LogLimit::kWindowMs);
  lines_.clear();
  provoke(100, "192.0.2.1");
  EXPECT_EQ(lines_.size(), static_cast<std::size_t>(LogLimit::kPerSource));
  log_.say_left_out();
  EXPECT_EQ(count(": 95 more like this"), 1U) << "of the first window";
  clock_.advance_ms(LogLimit::kWindowMs);
  log_.say_left_out();
  EXPECT_EQ(count(": 95 more like this"), 2U) << "and of the second";
}

TEST_F(LogLimitTest, ALevelThatIsNotWantedCountsNothing) {
  for (int i = 0; i < 100; ++i) log_.limited(LogLevel::kDebug, "192.0.2.1", "noise");
  EXPECT_TRUE(lines_.empty());
  EXPECT_EQ(log_.lost(), 0U);
}

TEST_F(LogLimitTest, ThreadsCountTogether) {
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([this] { provoke(1'000, "192.0.2.1"); });
  }
  for (std::thread& thread : threads) thread.join();
  log_.say_left_out(true);
  EXPECT_EQ(count("3995 more like this"), 1U);
}

}  // namespace
}  // namespace securechat
