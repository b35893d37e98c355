// What is answered is counted by its own word: "other" is for what nobody thought of.
#include "server/counters.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <string_view>

#include "server/http_answers.h"

namespace securechat::server {
namespace {

template <typename Words>
bool has(const Words& words, std::string_view word) {
  return std::find(words.begin(), words.end() - 1, word) != words.end() - 1;
}

TEST(Counters, EveryCodeOfAFaultHasItsWord) {
  for (int i = static_cast<int>(auth::Fault::kNone) + 1;
       i <= static_cast<int>(auth::Fault::kInternal); ++i) {
    const std::string_view code = fault_code(static_cast<auth::Fault>(i));
    EXPECT_TRUE(has(kApiReasons, code)) << code;
  }
  EXPECT_EQ(fault_code(auth::Fault::kLoginThrottled), "TOO_MANY_ATTEMPTS");
}

TEST(Counters, EveryStatusThatIsAnsweredHasItsWord) {
  int known = 0;
  for (int status = 400; status < 600; ++status) {
    // What has no row of its own is answered as a bad request.
    if (status_answer(status).body == status_answer(599).body && status != 400) continue;
    ++known;
    EXPECT_TRUE(has(kStatusWords, std::to_string(status))) << status;
  }
  EXPECT_GE(known, 17);
  for (const char* status : {"200", "201", "202", "204", "304", "401", "409"}) {
    EXPECT_TRUE(has(kStatusWords, status)) << status;
  }
}

TEST(Counters, WordsAreDifferentAndTheLastTakesTheRest) {
  CountersByWord<kApiReasons.size(), SharedCounter> counters{kApiReasons};
  counters.add("INTERNAL");
  counters.add("no such word");
  for (std::size_t i = 0; i < kApiReasons.size(); ++i) {
    const bool counted = counters.word(i) == "INTERNAL" || counters.word(i) == "other";
    EXPECT_EQ(counters.value(i), counted ? 1U : 0U) << counters.word(i);
    EXPECT_EQ(std::count(kApiReasons.begin(), kApiReasons.end(), counters.word(i)), 1);
  }
}

}  // namespace
}  // namespace securechat::server
