#include "base/give_back.h"

#include <gtest/gtest.h>

#include <string>

namespace securechat {
namespace {

TEST(GiveBackTest, KeepsNoBuffer) {
  std::string text(1'000, 'x');
  give_back(text);
  EXPECT_TRUE(text.empty());
  EXPECT_EQ(text.capacity(), std::string().capacity());
}

}  // namespace
}  // namespace securechat
