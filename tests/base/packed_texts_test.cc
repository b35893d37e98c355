#include "base/packed_texts.h"

#include <gtest/gtest.h>

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

namespace securechat {
namespace {

TEST(PackedTextsTest, GivesBackWhatItWasGiven) {
  using namespace std::string_view_literals;
  const std::string large(70'000, 'x');
  const std::vector<std::string_view> parts = {"one", "", "with\0nul"sv, large, ""};
  const PackedTexts texts(parts);
  PackedTexts::Reader reader(texts);
  for (const std::string_view part : parts) {
    ASSERT_FALSE(reader.done());
    EXPECT_EQ(reader.next(), part);
  }
  EXPECT_TRUE(reader.done());
  for (std::size_t place = 0; place < parts.size(); ++place) {
    EXPECT_EQ(texts.at(place), parts[place]);
  }
}

TEST(PackedTextsTest, EveryLengthIsReadAsItWasWritten) {
  for (const std::size_t size : std::initializer_list<std::size_t>{0, 1, 126, 127, 128, 129, 16'382,
                                                                   16'383, 16'384, 16'385}) {
    const std::string text(size, 'x');
    const PackedTexts texts({text, "behind"});
    EXPECT_EQ(texts.at(0), text);
    EXPECT_EQ(texts.at(1), "behind");
  }
}

TEST(PackedTextsTest, NoneAreNone) {
  const PackedTexts none;
  EXPECT_TRUE(PackedTexts::Reader(none).done());
}

}  // namespace
}  // namespace securechat
