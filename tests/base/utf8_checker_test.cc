#include "base/utf8_checker.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/text.h"

namespace securechat {
namespace {

bool accepts(std::string_view text) {
  Utf8Checker checker;
  return checker.add(text) && checker.complete();
}

// Cut into single bytes, what is said must not differ.
bool accepts_bytewise(std::string_view text) {
  Utf8Checker checker;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (!checker.add(text.substr(i, 1))) return false;
  }
  return checker.complete();
}

TEST(Utf8Checker, AgreesWithTheCheckOfWholeTexts) {
  const std::vector<std::string> pieces = {"",
                                           "a",
                                           "12345678",
                                           "\x7F",
                                           "\x80",
                                           "\xBF",
                                           "\xC0\x80",
                                           "\xC1\xBF",
                                           "\xC2\x80",
                                           "\xDF\xBF",
                                           "\xC3",
                                           "\xE0\x80\x80",
                                           "\xE0\x9F\xBF",
                                           "\xE0\xA0\x80",
                                           "\xED\x9F\xBF",
                                           "\xED\xA0\x80",
                                           "\xED\xBF\xBF",
                                           "\xEE\x80\x80",
                                           "\xEF\xBF\xBF",
                                           "\xE2\x82",
                                           "\xF0\x80\x80\x80",
                                           "\xF0\x8F\xBF\xBF",
                                           "\xF0\x90\x80\x80",
                                           "\xF4\x8F\xBF\xBF",
                                           "\xF4\x90\x80\x80",
                                           "\xF5\x80\x80\x80",
                                           "\xF8\x88\x80\x80\x80",
                                           "\xFE",
                                           "\xFF"};
  for (const std::string& first : pieces) {
    for (const std::string& second : pieces) {
      const std::string text = first + second + "tail of ASCII";
      EXPECT_EQ(accepts(text), is_utf8(text)) << ::testing::PrintToString(text);
      EXPECT_EQ(accepts_bytewise(text), is_utf8(text)) << ::testing::PrintToString(text);
    }
  }
}

TEST(Utf8Checker, EveryPairOfLeadingBytes) {
  for (int first = 0; first < 256; ++first) {
    for (int second = 0; second < 256; ++second) {
      const std::string text = {static_cast<char>(first), static_cast<char>(second), '\x80',
                                '\x80'};
      for (std::size_t length = 1; length <= 4; ++length) {
        const std::string_view part = std::string_view(text).substr(0, length);
        ASSERT_EQ(accepts(part), is_utf8(part)) << first << " " << second << " " << length;
      }
    }
  }
}

TEST(Utf8Checker, FailsAtTheFirstWrongByte) {
  Utf8Checker checker;
  EXPECT_TRUE(checker.add("\xCE\xBA\xE1\xBD\xB9\xF4"));
  EXPECT_FALSE(checker.complete());
  EXPECT_FALSE(checker.add("\x90"));  // U+110000 and above.
}

TEST(Utf8Checker, AWrongByteAmongEightsIsSeen) {
  for (std::size_t at = 0; at < 40; ++at) {
    std::string text(40, 'x');
    text[at] = '\xFF';
    EXPECT_FALSE(accepts(text)) << at;
  }
}

}  // namespace
}  // namespace securechat
