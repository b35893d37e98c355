#include "net/incoming_message.h"

#include <gtest/gtest.h>

#include <string>

namespace securechat::net {
namespace {

constexpr std::size_t kLimit = 100;
constexpr std::size_t kFragments = 4;

class Incoming : public testing::Test {
 protected:
  Assembly text(std::string_view bytes, bool last, std::size_t rest = 0) {
    return add({bytes, rest, true, last});
  }
  Assembly binary(std::string_view bytes, bool last, std::size_t rest = 0) {
    return add({bytes, rest, false, last});
  }
  Assembly add(const FramePiece& piece) {
    const Assembly made = message.add(piece, kLimit, kFragments);
    if (made == Assembly::kWhole) payload = message.payload(piece);
    return made;
  }

  IncomingMessage message;
  std::string_view payload;  // Of the newest whole message.
};

TEST_F(Incoming, OnePieceIsNotCopied) {
  const std::string bytes = "whole";
  EXPECT_EQ(text(bytes, true), Assembly::kWhole);
  EXPECT_EQ(payload.data(), bytes.data());
  EXPECT_FALSE(message.fragmented());
}

TEST_F(Incoming, AFrameInPiecesIsNoFragmentedMessage) {
  EXPECT_EQ(text("wh", false, 3), Assembly::kPartial);
  EXPECT_EQ(text("ole", true), Assembly::kWhole);
  EXPECT_EQ(payload, "whole");
  EXPECT_FALSE(message.fragmented());
}

TEST_F(Incoming, FragmentsAreGathered) {
  EXPECT_EQ(text("", false), Assembly::kPartial);
  EXPECT_EQ(text("a", false), Assembly::kPartial);
  EXPECT_EQ(text("b", true), Assembly::kWhole);
  EXPECT_EQ(payload, "ab");
  EXPECT_TRUE(message.fragmented());
  message.next();
  EXPECT_EQ(text("", true), Assembly::kWhole);
  EXPECT_EQ(payload, "");
  EXPECT_FALSE(message.fragmented());
}

// Shows: R58
TEST_F(Incoming, OnlyWhatIsNotWholeIsDue) {
  EXPECT_EQ(message.due_ms(), 0);
  EXPECT_EQ(text("wh", false, 3), Assembly::kPartial);
  EXPECT_EQ(message.due_ms(), 0) << "nobody said when";
  message.set_due(7);
  EXPECT_EQ(text("ol", false, 1), Assembly::kPartial);
  EXPECT_EQ(message.due_ms(), 7);
  EXPECT_EQ(text("e", true), Assembly::kWhole);
  message.next();
  EXPECT_EQ(message.due_ms(), 0);
}

TEST_F(Incoming, SizesAreDecidedOnTheDeclaredLength) {
  EXPECT_EQ(binary(std::string(kLimit, 'x'), true), Assembly::kWhole);
  message.next();
  EXPECT_EQ(binary("x", false, kLimit - 1), Assembly::kPartial);
  message.next();
  EXPECT_EQ(binary("x", false, kLimit), Assembly::kTooBig);
  message.next();
  EXPECT_EQ(binary("x", false, SIZE_MAX), Assembly::kTooBig);
  message.next();
  EXPECT_EQ(binary(std::string(60, 'x'), false), Assembly::kPartial);
  EXPECT_EQ(binary("x", false, 40), Assembly::kTooBig);
}

// Shows: R59
TEST_F(Incoming, FragmentsAreCounted) {
  for (std::size_t i = 0; i < kFragments; ++i) EXPECT_EQ(binary("", false), Assembly::kPartial);
  EXPECT_EQ(binary("", true), Assembly::kTooManyFragments);
}

TEST_F(Incoming, TextIsChecked) {
  EXPECT_EQ(text("\xFF", false, 50), Assembly::kNotUtf8);
  message.next();
  EXPECT_EQ(text("\xC3", true), Assembly::kNotUtf8);
  message.next();
  EXPECT_EQ(text("\xC3", false), Assembly::kPartial);
  EXPECT_EQ(text("", true), Assembly::kNotUtf8);
  message.next();
  EXPECT_EQ(text("\xC3", false, 1), Assembly::kPartial);
  EXPECT_EQ(text("\xA9", true), Assembly::kWhole);
  message.next();
  EXPECT_EQ(binary("\xFF\xC3", true), Assembly::kWhole);
}

}  // namespace
}  // namespace securechat::net
