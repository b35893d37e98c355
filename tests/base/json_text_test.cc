// JSON taken apart and written without a tree.
#include <gtest/gtest.h>

#include "base/json.h"
#include "base/text.h"

namespace securechat {
namespace {

using Elements = std::vector<std::string_view>;

TEST(JsonElementsTest, Splits) {
  const std::pair<const char*, Elements> cases[] = {
      {"[]", {}},
      {" [ ] ", {}},
      {"[1]", {"1"}},
      {"[ 1 , \"a,b\" ,[2,3],{\"k\":[4,5]} ]", {"1", "\"a,b\"", "[2,3]", "{\"k\":[4,5]}"}},
      {R"(["\"","\\","\\\",]",3])", {R"("\"")", R"("\\")", R"("\\\",]")", "3"}},
      {R"(["[","{","]"])", {R"("[")", R"("{")", R"("]")"}},
      {"[\"\"]", {"\"\""}},
  };
  for (const auto& [text, expected] : cases) {
    const auto elements = json_array_elements(text);
    ASSERT_TRUE(elements.ok()) << text;
    EXPECT_EQ(*elements, expected) << text;
  }
}

TEST(JsonElementsTest, RefusesWhatIsNoArrayAndNeverRunsOver) {
  for (const char* text : {"", "1", "{}", "[", "]", "[1", "1]", "[1,]", "[,1]", "[,]", "[\"]",
                           "[\"a]", "[\"\\\"]", "[[]", "[]]", "[}]", "[1]]", "[{]", "\"[]\""}) {
    EXPECT_EQ(json_array_elements(text).code(), Code::kInvalid) << text;
  }
}

// Shows: R71
TEST(JsonElementsTest, MegabyteIsLinear) {
  std::string text = "[1";
  while (text.size() < 1'000'000) {
    text += ",1";
  }
  EXPECT_EQ(json_array_elements(text + "]")->size(), text.size() / 2);
}

TEST(JsonMembersTest, Splits) {
  const auto members = json_object_members(R"( { "a" : 1 , "b:\",{" : { "c" : [1,2] },"":"x" } )");
  ASSERT_TRUE(members.ok());
  ASSERT_EQ(members->size(), 3U);
  EXPECT_EQ(members->at(0).key, "\"a\"");
  EXPECT_EQ(members->at(0).value, "1");
  EXPECT_EQ(members->at(1).key, R"("b:\",{")");
  EXPECT_EQ(members->at(1).value, "{ \"c\" : [1,2] }");
  EXPECT_EQ(members->at(2).key, "\"\"");
  EXPECT_EQ(members->at(2).value, "\"x\"");
  EXPECT_TRUE(json_object_members("{ }")->empty());
  for (const char* text : {"", "[]", "{", "{1}", "{\"a\"}", "{\"a\":}", "{\"a\" 1}", "{\"a\":1,}",
                           "{\"a:1}", "{,}", "{\"a\":1]", "}{"}) {
    EXPECT_FALSE(json_object_members(text).ok()) << text;
  }
}

TEST(JsonUnquoteTest, Unquotes) {
  EXPECT_EQ(json_unquote("\"\""), "");
  EXPECT_EQ(json_unquote("\"plain\""), "plain");
  EXPECT_EQ(json_unquote(R"("\u0061\n\ud83d\ude00\"")"), "a\n\U0001F600\"");
  for (const char* text : {"", "\"", "1", "null", "[\"a\"]", "{}", "\"\\\""}) {
    EXPECT_EQ(json_unquote(text), std::nullopt) << text;
  }
}

TEST(JsonStringTest, Escapes) {
  EXPECT_EQ(json_string(""), "\"\"");
  EXPECT_EQ(json_string("a\"b\\c/d"), R"("a\"b\\c/d")");
  EXPECT_EQ(json_string("\b\f\n\r\t\x01\x1F\x7F"), "\"\\b\\f\\n\\r\\t\\u0001\\u001f\x7F\"");
  EXPECT_EQ(json_string("x\u2028y\u2029\u2027\u202A"), "\"x\\u2028y\\u2029\u2027\u202A\"");
  EXPECT_EQ(json_string("h\u00E9\U0001F600"), "\"h\u00E9\U0001F600\"");
  EXPECT_EQ(json_string(std::string_view("\0", 1)), "\"\\u0000\"");
  EXPECT_EQ(json_string("\xE2\x80"), "\"\xE2\x80\"");  // Cut short: no read behind the end.
}

TEST(JsonStringTest, EveryCodePointComesBack) {
  for (const char32_t c : {0x1U, 0x1FU, 0x20U, 0x22U, 0x5CU, 0x7FU, 0x80U, 0x7FFU, 0x800U, 0x2028U,
                           0xD7FFU, 0xE000U, 0xFFFDU, 0xFFFFU, 0x10000U, 0x10FFFFU}) {
    const auto unit = [](unsigned value) {
      return "\\u" + hex_encode(std::string{static_cast<char>(value >> 8),
                                            static_cast<char>(value & 0xFF)});
    };
    std::string escaped = "\"";
    if (c < 0x10000) {
      escaped += unit(static_cast<unsigned>(c));
    } else {
      const unsigned rest = static_cast<unsigned>(c) - 0x10000;
      escaped += unit(0xD800 + (rest >> 10)) + unit(0xDC00 + (rest & 0x3FF));
    }
    escaped += "\"";
    const std::string text = *json_unquote(escaped);
    EXPECT_EQ(json_unquote(json_string(text)), text);
  }
}

// Shows: R44 S26
TEST(JsonStringTest, HtmlIsEscapedInOnePass) {
  for (const std::string_view text : {"", "plain", "& < > \" ' / \\ `", "tab\tnewline\n\x01",
                                      "\u2028<\u2029>\u20AC\xE2", "<b>\u00E9\U0001F600</b>"}) {
    std::string out;
    json_append_html(out, text);
    EXPECT_EQ(out, json_string(html_escape(text))) << text;
  }
}

TEST(JsonWriterTest, PutsItsCommas) {
  std::string out = "4";
  JsonWriter json(out);
  json.begin_array();
  json.string("event").begin_object();
  json.key("ok").boolean(true).key("seq").integer(-7).key("none").null();
  json.key("list").begin_array().integer(1).integer(2).begin_object().end_object().end_array();
  json.key("empty").begin_array().end_array().key("raw").raw("{\"a\":1}").key("no").boolean(false);
  json.key_text("a \"name\"").html("<\n").end_object().integer(INT64_MAX).integer(INT64_MIN);
  json.end_array();
  EXPECT_EQ(out,
            R"(4["event",{"ok":true,"seq":-7,"none":null,"list":[1,2,{}],"empty":[],"raw":{"a":1},)"
            R"("no":false,"a \"name\"":"&lt;\n"},9223372036854775807,-9223372036854775808])");
}

}  // namespace
}  // namespace securechat
