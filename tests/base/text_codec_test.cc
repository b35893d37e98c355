#include <gtest/gtest.h>

#include "base/text.h"

namespace securechat {
namespace {

TEST(Iso8601Test, KnownAnswers) {
  struct Case {
    std::int64_t ms;
    const char* text;
  };
  const Case cases[] = {
      {0, "1970-01-01T00:00:00.000Z"},
      {1, "1970-01-01T00:00:00.001Z"},
      {86'399'999, "1970-01-01T23:59:59.999Z"},
      {951'782'400'000, "2000-02-29T00:00:00.000Z"},    // 2000 is a leap year,
      {4'107'542'400'000, "2100-03-01T00:00:00.000Z"},  // 2100 is none.
      {1'709'164'800'000, "2024-02-29T00:00:00.000Z"},
      {1'735'689'599'999, "2024-12-31T23:59:59.999Z"},
      {1'795'503'600'000, "2026-11-24T07:00:00.000Z"},
      {-2, "1969-12-31T23:59:59.998Z"},
      {253'402'300'799'999, "9999-12-31T23:59:59.999Z"},
  };
  for (const Case& c : cases) {
    EXPECT_EQ(iso8601(c.ms), c.text);
    EXPECT_EQ(parse_iso8601(c.text), c.ms) << c.text;
  }
  EXPECT_EQ(iso8601(253'402'300'800'000), "+010000-01-01T00:00:00.000Z");
  EXPECT_EQ(iso8601(-62'198'755'200'000), "-000001-01-01T00:00:00.000Z");
}

TEST(Iso8601Test, EveryDayOfFourHundredYearsComesBack) {
  for (std::int64_t day = -25'567; day < 146'097 - 25'567; ++day) {
    const std::int64_t ms = day * 86'400'000 + 45'296'789;
    ASSERT_EQ(parse_iso8601(iso8601(ms)), ms) << iso8601(ms);
  }
}

TEST(Iso8601Test, RefusesEverythingElse) {
  for (const char* text :
       {"", "2026-11-24", "2026-11-24T07:00:00Z", "2026-11-24T07:00:00.000",
        "2026-11-24 07:00:00.000Z", "2026-11-24T07:00:00.000z", "2026-13-24T07:00:00.000Z",
        "2026-00-24T07:00:00.000Z", "2026-11-31T07:00:00.000Z", "2026-11-00T07:00:00.000Z",
        "2025-02-29T07:00:00.000Z", "2100-02-29T07:00:00.000Z", "2026-11-24T24:00:00.000Z",
        "2026-11-24T07:60:00.000Z", "2026-11-24T07:00:60.000Z", "2026-11-24T07:00:0a.000Z",
        "+026-11-24T07:00:00.000Z", "2026-11-24T07:00:00.000Z ", "-000001-01-01T00:00:00.000Z"}) {
    EXPECT_EQ(parse_iso8601(text), -1) << text;
  }
}

TEST(Base64UrlTest, KnownAnswersBothWays) {
  const std::pair<std::string, const char*> cases[] = {
      {"", ""},
      {"f", "Zg"},
      {"fo", "Zm8"},
      {"foo", "Zm9v"},
      {"foob", "Zm9vYg"},
      {"foobar", "Zm9vYmFy"},
      {"\xFB\xFF", "-_8"},
      {"\xFF\xFF\xFF", "____"},
      {std::string(3, '\0'), "AAAA"},
  };
  for (const auto& [bytes, text] : cases) {
    EXPECT_EQ(base64url_encode(bytes), text);
    std::string decoded = "old";
    EXPECT_TRUE(base64url_decode(text, decoded)) << text;
    EXPECT_EQ(decoded, bytes);
  }
}

TEST(Base64UrlTest, EveryByteComesBack) {
  std::string bytes;
  for (int i = 0; i < 256; ++i) {
    bytes.push_back(static_cast<char>(static_cast<unsigned char>(i)));
    std::string decoded;
    ASSERT_TRUE(base64url_decode(base64url_encode(bytes), decoded));
    ASSERT_EQ(decoded, bytes);
  }
}

TEST(Base64UrlTest, Refuses) {
  for (const char* text :
       {"A", "AAAAA", "Zg==", "Zm8=", "+w", "/w", "Z g", "Zg\n", "Zm9v.", "\xC3\xA9", "Zh", "Zm9",
        "AB"}) {  // The last three have unused bits that are set.
    std::string decoded;
    EXPECT_FALSE(base64url_decode(text, decoded)) << text;
    EXPECT_TRUE(decoded.empty());
  }
}

TEST(HexTest, Encodes) {
  EXPECT_EQ(hex_encode("\x01\xAB\xFF"), "01abff");
}

}  // namespace
}  // namespace securechat
