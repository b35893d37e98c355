#include "base/byte_set.h"

#include <gtest/gtest.h>

#include <string>

namespace securechat {
namespace {

constexpr ByteSet kSet([](unsigned char byte) { return byte == 'x' || byte >= 0xF0; });

TEST(ByteSetTest, FindsTheFirstWhereverItStands) {
  for (std::size_t size = 0; size < 20; ++size) {
    const std::string none(size, 'a');
    EXPECT_EQ(kSet.find(none), size);
    for (std::size_t at = 0; at < size; ++at) {
      std::string text = none;
      text[at] = at % 2 == 0 ? 'x' : '\xF7';
      for (std::size_t from = 0; from <= size; ++from) {
        EXPECT_EQ(kSet.find(text, from), from <= at ? at : size)
            << size << " " << at << " " << from;
      }
    }
  }
}

TEST(ByteSetTest, HoldsWhatThePredicateSays) {
  for (int byte = 0; byte < 256; ++byte) {
    EXPECT_EQ(kSet.contains(static_cast<char>(byte)), byte == 'x' || byte >= 0xF0);
  }
}

}  // namespace
}  // namespace securechat
