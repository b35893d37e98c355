#include "base/log.h"

#include <gtest/gtest.h>

#include <stdexcept>
#include <thread>
#include <vector>

#include "base/json.h"
#include "base/text.h"

namespace securechat {
namespace {

using namespace std::string_view_literals;

class LogTest : public testing::Test {
 protected:
  std::unique_ptr<Logger> make(LogFormat format, LogLevel level = LogLevel::kDebug) {
    auto logger = std::make_unique<Logger>(clock_, format, level);
    logger->set_sink([this](LogLevel, std::string_view line) { lines_.emplace_back(line); });
    return logger;
  }
  ManualClock clock_{1'795'503'600'000};
  std::vector<std::string> lines_;
};

TEST_F(LogTest, TextLine) {
  const auto logger = make(LogFormat::kText);
  logger->info("Started.",
               {{"key", "value"}, {"key2", "quoted value"}, {"port", 3000}, {"tls", true}});
  EXPECT_EQ(
      lines_.at(0),
      "2026-11-24T07:00:00.000Z info Started. key=value key2=\"quoted value\" port=3000 tls=true");
  logger->warn("w", {{"empty", ""}, {"quote", "a\"b"}, {"equals", "a=b"}, {"back", "a\\b"}});
  EXPECT_EQ(lines_.at(1),
            R"(2026-11-24T07:00:00.000Z warn w empty="" quote="a\"b" equals="a=b" back="a\\b")");
}

TEST_F(LogTest, JsonLine) {
  const auto logger = make(LogFormat::kJson);
  logger->error("It \"failed\".", {{"name", "a\"b"}, {"count", std::uint64_t{7}}, {"ok", false}});
  EXPECT_EQ(lines_.at(0),
            R"({"ts":"2026-11-24T07:00:00.000Z","level":"error","msg":"It \"failed\".",)"
            R"("name":"a\"b","count":7,"ok":false})");
}

TEST_F(LogTest, LevelsFilter) {
  const auto logger = make(LogFormat::kText, LogLevel::kWarn);
  logger->error("e");
  logger->warn("w");
  logger->info("i");
  logger->debug("d");
  EXPECT_EQ(lines_.size(), 2U);
  EXPECT_FALSE(logger->enabled(LogLevel::kInfo));
  logger->set_level(LogLevel::kDebug);
  logger->debug("d");
  EXPECT_EQ(lines_.size(), 3U);
  logger->set_format(LogFormat::kJson);
  logger->debug("d");
  EXPECT_EQ(lines_.back().front(), '{');
}

// Shows: R89 S33
TEST_F(LogTest, OneEventIsOneLineWhateverTheInput) {
  const std::string_view attacks[] = {"x\n2026-11-24T07:00:00.000Z info forged"sv,
                                      "a\r\nb"sv,
                                      "nul\0nul"sv,
                                      "\x1B[2J"sv,
                                      "\u2028\u2029\u0085"sv,
                                      "\u202Egnp.exe"sv,
                                      "\xFF\xFE\xC3"sv,
                                      "\x7F"sv};
  for (const LogFormat format : {LogFormat::kText, LogFormat::kJson}) {
    const auto logger = make(format);
    for (const std::string_view attack : attacks) {
      lines_.clear();
      logger->info(attack, {{"value", attack}});
      ASSERT_EQ(lines_.size(), 1U);
      const std::string& line = lines_[0];
      EXPECT_TRUE(is_utf8(line));
      EXPECT_EQ(strip_controls(line), line);
      EXPECT_EQ(line.find_first_of("\n\r\t"), std::string::npos);
      EXPECT_EQ(line.find("\u2028"), std::string::npos);
      if (format == LogFormat::kJson) {
        EXPECT_TRUE(json_check(line).ok()) << line;
      }
    }
  }
}

TEST(LogSafeTest, CutsAtTheBorderOfACodePoint) {
  EXPECT_EQ(log_safe(std::string(256, 'a')), std::string(256, 'a'));
  EXPECT_EQ(log_safe(std::string(257, 'a')), std::string(256, 'a'));
  EXPECT_EQ(log_safe(std::string(255, 'a') + "\u00E9"), std::string(255, 'a'));
  EXPECT_EQ(log_safe(std::string(254, 'a') + "\u00E9"), std::string(254, 'a') + "\u00E9");
  EXPECT_EQ(log_safe(std::string(253, 'a') + "\U0001F600"), std::string(253, 'a'));
  EXPECT_EQ(log_safe("a\xFF\xE2\x82z"), "a\uFFFD\uFFFD\uFFFDz");
  EXPECT_EQ(log_safe(std::string(1'000'000, '\xFF')).size(), 255U);  // 85 replacements.
}

TEST_F(LogTest, FieldsAreCutOnceAndTheSameWay) {
  const auto logger = make(LogFormat::kText);
  for (const std::size_t lead : {252U, 253U, 254U, 255U, 256U}) {
    logger->info("m", {{"v", std::string(lead, 'a') + "\U0001F600\U0001F600"}});
    EXPECT_EQ(lines_.back().find("\uFFFD"), std::string::npos) << lead;
  }
}

// Shows: R90
TEST_F(LogTest, SilentWithoutSinkAndDeafToSinksThatThrowOrLog) {
  Logger logger(clock_, LogFormat::kText, LogLevel::kDebug);
  logger.info("nobody listens");
  int calls = 0;
  logger.set_sink([&](LogLevel, std::string_view) {
    ++calls;
    logger.info("from inside the sink");
    throw std::runtime_error("disk full");
  });
  logger.info("one");
  logger.info("two");
  EXPECT_EQ(calls, 2);
  logger.set_sink(nullptr);
  logger.info("three");
  EXPECT_EQ(calls, 2);
}

TEST_F(LogTest, SinksAreCalledOneAtATime) {
  Logger logger(clock_, LogFormat::kJson, LogLevel::kInfo);
  int lines = 0;  // Not atomic: the thread sanitizer tells when two sinks run at once.
  logger.set_sink([&lines](LogLevel, std::string_view) { ++lines; });
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&logger] {
      for (int i = 0; i < 100; ++i) {
        logger.info("m", {{"i", i}});
      }
    });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  EXPECT_EQ(lines, 400);
}

}  // namespace
}  // namespace securechat
