#include "base/json_fields.h"

#include <gtest/gtest.h>

#include "base/json.h"

namespace securechat {
namespace {

constexpr std::string_view kObject =
    R"( { "message" : "a \"b\" \\" , "list":[1,{"room":"]}"},"}"], "room":"r\u00e4um","n":-7,)"
    R"("half":1.5,"large":9007199254740993,"hundred":1e2,"tiny":1e-400,"yes":true,"no":false,)"
    R"("none":null,"\u0073et":1,"":2 } )";

TEST(JsonFieldsTest, FindsMembersWhereTheyStand) {
  ASSERT_TRUE(json_check(kObject).ok());
  const JsonFields fields(kObject);
  EXPECT_EQ(fields["message"].as_string(), "a \"b\" \\");
  EXPECT_EQ(fields["room"].as_string(), "r\u00E4um");
  EXPECT_EQ(fields["n"].as_integer(), -7);
  EXPECT_EQ(fields["hundred"].as_integer(), 100);
  EXPECT_EQ(fields["tiny"].as_integer(), 0);
  EXPECT_EQ(fields["half"].as_integer(), std::nullopt);
  EXPECT_EQ(fields["large"].as_integer(), std::nullopt);
  EXPECT_EQ(fields["yes"].as_bool(), true);
  EXPECT_EQ(fields["no"].as_bool(), false);
  EXPECT_EQ(fields["set"].as_integer(), 1);
  EXPECT_EQ(fields[""].as_integer(), 2);
  EXPECT_TRUE(fields["none"].exists());
  EXPECT_TRUE(fields["list"].exists());
  EXPECT_FALSE(fields["Message"].exists());
  EXPECT_FALSE(fields["messag"].exists());
}

// Shows: R40
TEST(JsonFieldsTest, ConvertsNothing) {
  const JsonFields fields(kObject);
  for (const std::string_view key : {"n", "yes", "none", "list", "absent"}) {
    EXPECT_EQ(fields[key].as_string(), std::nullopt) << key;
  }
  for (const std::string_view key : {"message", "n", "none", "list", "absent"}) {
    EXPECT_EQ(fields[key].as_bool(), std::nullopt) << key;
  }
  for (const std::string_view key : {"message", "yes", "none", "list", "absent"}) {
    EXPECT_EQ(fields[key].as_integer(), std::nullopt) << key;
  }
}

// Whatever is asked for, the answers are the tree's.
TEST(JsonFieldsTest, AgreesWithTheTree) {
  const auto document = JsonDocument::parse(kObject);
  ASSERT_TRUE(document.ok());
  const JsonFields fields(kObject);
  for (const auto& [key, value] : document->root().members()) {
    EXPECT_TRUE(fields[key].exists()) << key;
    EXPECT_EQ(fields[key].as_string(), value.as_string()) << key;
    EXPECT_EQ(fields[key].as_bool(), value.as_bool()) << key;
    EXPECT_EQ(fields[key].as_integer(), value.as_integer()) << key;
  }
}

TEST(JsonFieldsTest, OnlyObjectsHaveMembers) {
  for (const std::string_view text : {"", " ", "{}", "{ }", "1", "\"a\"", "[\"a\",1]", "null"}) {
    EXPECT_FALSE(JsonFields(text)["a"].exists()) << text;
  }
  EXPECT_FALSE(JsonFields()["a"].exists());
}

TEST(JsonFieldsTest, EndsWhereABrokenTextEnds) {
  const std::string text(kObject);
  for (std::size_t size = 0; size < text.size(); ++size) {
    const std::string cut = text.substr(0, size);
    (void)JsonFields(cut)["absent"].as_string();
    (void)json_array_parts("[" + cut + "]");
  }
}

TEST(JsonArrayPartsTest, TakesTheFirstOff) {
  const struct {
    std::string_view text, first, rest;
  } cases[] = {
      {"[]", "", ""},
      {" [ ] ", "", ""},
      {"[1]", "1", ""},
      {"[ \"a,]\" ]", "\"a,]\"", ""},
      {R"(["name",{"a":[1,"]"]}, 2 ])", "\"name\"", R"({"a":[1,"]"]}, 2)"},
      {R"([{"a":"}"} , [1]])", R"({"a":"}"})", "[1]"},
      {"[-1.5e3 ,null]", "-1.5e3", "null"},
  };
  for (const auto& c : cases) {
    const auto parts = json_array_parts(c.text);
    ASSERT_TRUE(parts.has_value()) << c.text;
    EXPECT_EQ(parts->first, c.first) << c.text;
    EXPECT_EQ(parts->rest, c.rest) << c.text;
  }
  for (const std::string_view text : {"", "1", "{}", "\"[]\"", "["}) {
    EXPECT_FALSE(json_array_parts(text).has_value()) << text;
  }
}

}  // namespace
}  // namespace securechat
