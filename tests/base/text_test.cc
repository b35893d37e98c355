#include "base/text.h"

#include <gtest/gtest.h>

namespace securechat {
namespace {

using namespace std::string_view_literals;

TEST(TextTest, AcceptsUtf8) {
  for (const std::string_view text :
       {""sv, "plain"sv, "a\0b"sv, "\x7F"sv, "\xC2\x80"sv, "\xDF\xBF"sv, "\xE0\xA0\x80"sv,
        "\xED\x9F\xBF"sv, "\xEE\x80\x80"sv, "\xEF\xBF\xBF"sv, "\xF0\x90\x80\x80"sv,
        "\xF4\x8F\xBF\xBF"sv, "12345678\xC3\xA9"sv, "1234567\xC3\xA9 and more text"sv}) {
    EXPECT_TRUE(is_utf8(text)) << text;
  }
}

// Shows: R39
TEST(TextTest, RefusesWhatIsNotUtf8) {
  for (const std::string_view text : {"\x80"sv,
                                      "\xBF"sv,
                                      "\xC0\x80"sv,
                                      "\xC1\xBF"sv,
                                      "\xC2"sv,
                                      "\xC2\x41"sv,
                                      "\xC2\xC2"sv,
                                      "\xE0\x80\x80"sv,
                                      "\xE0\x9F\xBF"sv,
                                      "\xE2\x82"sv,
                                      "\xE2\x28\xA1"sv,
                                      "\xE2\x82\x28"sv,
                                      "\xED\xA0\x80"sv,
                                      "\xED\xBF\xBF"sv,
                                      "\xF0\x80\x80\x80"sv,
                                      "\xF0\x8F\xBF\xBF"sv,
                                      "\xF0\x9F\x98"sv,
                                      "\xF4\x90\x80\x80"sv,
                                      "\xF5\x80\x80\x80"sv,
                                      "\xF8\x88\x80\x80\x80"sv,
                                      "\xFE"sv,
                                      "\xFF"sv,
                                      "12345678\xFF"sv,
                                      "1234567\xE2\x82"sv,
                                      "long enough text \xC3"sv}) {
    EXPECT_FALSE(is_utf8(text)) << text;
  }
}

TEST(TextTest, EverySplitOfASequenceIsRefused) {
  const std::string_view text = "\xF0\x9F\x98\x80";
  EXPECT_TRUE(is_utf8(text));
  for (std::size_t i = 1; i < text.size(); ++i) {
    EXPECT_FALSE(is_utf8(text.substr(0, i)));
    EXPECT_FALSE(is_utf8(text.substr(i)));
  }
}

TEST(TextTest, DecodesCodePoints) {
  const std::string_view text = "a\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80\xFFz";
  const char32_t expected[] = {'a', 0xE9, 0x20AC, 0x1F600, 0xFFFD, 'z'};
  std::size_t position = 0;
  for (const char32_t c : expected) {
    EXPECT_EQ(next_code_point(text, position), c);
  }
  EXPECT_EQ(position, text.size());
}

TEST(TextTest, Lengths) {
  EXPECT_EQ(utf16_length(""), 0U);
  EXPECT_EQ(utf16_length("abc"), 3U);
  EXPECT_EQ(utf16_length("\xC3\xA9\xE2\x82\xAC"), 2U);
  EXPECT_EQ(utf16_length("\xF0\x9F\x98\x80"), 2U);
  EXPECT_EQ(code_point_count("a\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80"), 4U);
}

TEST(TextTest, TrimsWhatJavaScriptTrims) {
  for (const std::string_view space :
       {" "sv, "\t"sv, "\n"sv, "\v"sv, "\f"sv, "\r"sv, "\u00A0"sv, "\u1680"sv, "\u2000"sv,
        "\u200A"sv, "\u2028"sv, "\u2029"sv, "\u202F"sv, "\u205F"sv, "\u3000"sv, "\uFEFF"sv}) {
    const std::string twice = std::string(space) + std::string(space);
    EXPECT_EQ(trim(twice + "a" + std::string(space) + "b" + twice), "a" + std::string(space) + "b");
    EXPECT_EQ(trim(twice), "");
    EXPECT_EQ(trim(twice + "\U0001F600" + twice), "\U0001F600");
  }
}

TEST(TextTest, TrimKeepsWhatJavaScriptKeeps) {
  for (const std::string_view text :
       {"\u200B"sv, "\u180E"sv, "\u0085"sv, "\u2060"sv, "\0"sv, "\x1F"sv, "\u00E0"sv, "\u20A8"sv}) {
    EXPECT_EQ(trim(text), text);
  }
  EXPECT_EQ(trim("\xA0 bad \x80"), "\xA0 bad \x80");  // Invalid bytes are not white space.
  EXPECT_EQ(trim("x\x80\x80\x80\x80\x80"), "x\x80\x80\x80\x80\x80");
}

TEST(TextTest, AsciiHelpers) {
  EXPECT_EQ(trim_ascii(" \t\r\n\v\fa b\u00A0 "), "a b\u00A0");
  EXPECT_EQ(trim_ascii("  "), "");
  EXPECT_EQ(ascii_lower("AbZ[\u00C4"), "abz[\u00C4");
  EXPECT_TRUE(equals_ignore_case("Content-TYPE", "content-type"));
  EXPECT_FALSE(equals_ignore_case("a", "ab"));
  EXPECT_FALSE(equals_ignore_case("@", "`"));  // These differ by the same bit as letters do.
}

// Shows: R44 S26
TEST(TextTest, EscapesHtmlOnce) {
  EXPECT_EQ(html_escape("& < > \" ' / \\ `"), "&amp; &lt; &gt; &quot; &#x27; &#x2F; &#x5C; &#96;");
  EXPECT_EQ(html_escape("&lt;"), "&amp;lt;");
  EXPECT_EQ(html_escape("<script>alert('x')</script>"),
            "&lt;script&gt;alert(&#x27;x&#x27;)&lt;&#x2F;script&gt;");
  EXPECT_EQ(html_escape("h\u00E9 \U0001F600"), "h\u00E9 \U0001F600");
}

// Shows: R44
TEST(TextTest, EscapedTextFitsWhereItsLengthDoes) {
  const std::string many(84, '"');
  const std::string wide(100, '\x7E');
  for (const std::string_view text :
       {std::string_view(""), std::string_view("plain"), std::string_view("& < > \" ' / \\ `"),
        std::string_view("\u00E9<\U0001F600>"), std::string_view("\u20AC\u20AC\u20AC/"),
        std::string_view(many), std::string_view(wide)}) {
    const std::size_t length = utf16_length(html_escape(text));
    EXPECT_TRUE(html_escaped_fits(text, length)) << text;
    EXPECT_TRUE(html_escaped_fits(text, length + 1)) << text;
    if (length > 0) {
      EXPECT_FALSE(html_escaped_fits(text, length - 1)) << text;
    }
  }
}

// Shows: S27
TEST(TextTest, StripsControls) {
  EXPECT_EQ(strip_controls("a\tb\nc\rd\x01\x1B[31m\x7F\u0080\u009F"), "a\tb\ncd[31m");
  EXPECT_EQ(strip_controls("\u061Ca\u200E\u200F\u202Ab\u202E\u2066c\u2069\u202F"), "abc\u202F");
  EXPECT_EQ(strip_controls("\u200B\u200D\uFEFFx"), "\u200B\u200D\uFEFFx");  // Not controls.
  EXPECT_EQ(strip_controls("a\0b"sv), "ab");
}

TEST(TextTest, Classes) {
  for (const char32_t c : {0x0U, 0x1FU, 0x7FU, 0x80U, 0x9FU}) {
    EXPECT_TRUE(is_control(c));
  }
  for (const char32_t c : {0x20U, 0x7EU, 0xA0U}) {
    EXPECT_FALSE(is_control(c));
  }
  for (const char32_t c : {0x61CU, 0x200EU, 0x200FU, 0x202AU, 0x202EU, 0x2066U, 0x2069U}) {
    EXPECT_TRUE(is_bidi_control(c));
  }
  for (const char32_t c : {0x61BU, 0x200DU, 0x2010U, 0x2029U, 0x202FU, 0x2065U, 0x206AU}) {
    EXPECT_FALSE(is_bidi_control(c));
  }
  for (const char32_t c : {0x200BU, 0x200CU, 0x200DU, 0x2060U, 0xFEFFU, 0xADU, 0x180EU}) {
    EXPECT_TRUE(is_zero_width(c));
  }
  EXPECT_FALSE(is_zero_width(0x200E));
}

TEST(TextTest, EditDistance) {
  EXPECT_EQ(edit_distance("", ""), 0U);
  EXPECT_EQ(edit_distance("abc", ""), 3U);
  EXPECT_EQ(edit_distance("", "abc"), 3U);
  EXPECT_EQ(edit_distance("kitten", "sitting"), 3U);
  EXPECT_EQ(edit_distance("auth.jwt_secert", "auth.jwt_secret"), 2U);
}

}  // namespace
}  // namespace securechat
