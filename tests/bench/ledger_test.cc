#include "load/ledger.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "load/dialect.h"
#include "load/frames.h"
#include "load/tag.h"

namespace securechat::bench {
namespace {

constexpr std::size_t kReceivers = 3;
constexpr std::uint32_t kMessages = 5;

std::string server_frame(std::string_view payload) {
  std::string frame(1, static_cast<char>(0x81));
  frame.push_back(static_cast<char>(126));
  frame.push_back(static_cast<char>(payload.size() >> 8U));
  frame.push_back(static_cast<char>(payload.size() & 0xFFU));
  return frame.append(payload);
}

std::string encoded(const Tag& tag) {
  std::string text = R"({"type":"receive-message","data":{"username":"a #","message":")";
  append_text(text, tag, 100);
  return server_frame(text.append("\"}}"));
}

// What a server sends to each receiver, as bytes, read the way a client of the generator reads it.
class LedgerTest : public testing::Test {
 protected:
  LedgerTest() : streams_(kReceivers) {
    for (std::size_t i = 0; i < kReceivers; ++i) ledger_.add_member(i, 0);
    for (std::uint32_t number = 0; number < kMessages; ++number) {
      for (std::uint32_t lane = 0; lane < 2; ++lane) {
        const Tag tag{lane, 0, ledger_.send(lane, 0), 17};
        for (auto& stream : streams_) stream.push_back(encoded(tag));
      }
    }
  }

  Faults read_all() {
    for (std::size_t receiver = 0; receiver < kReceivers; ++receiver) {
      std::string bytes;
      for (const std::string& frame : streams_[receiver]) bytes.append(frame);
      read(receiver, bytes);
    }
    return ledger_.finish();
  }

  void read(std::size_t receiver, std::string_view bytes) {
    while (!bytes.empty()) {
      ServerFrame frame = {};
      ASSERT_EQ(read_frame(bytes, frame), FrameFault::kNone);
      ASSERT_EQ(understand(Dialect::kBare, frame.payload).heard, Heard::kMessage);
      const std::optional<Tag> tag = find_tag(frame.payload, hint_);
      ASSERT_TRUE(tag.has_value());
      ledger_.deliver(receiver, *tag);
      bytes.remove_prefix(frame.bytes);
    }
  }

  Ledger ledger_{{kReceivers, 1, 2}};
  std::vector<std::vector<std::string>> streams_;
  std::size_t hint_ = 0;
};

TEST_F(LedgerTest, AFaultlessStreamHasNoFault) {
  EXPECT_EQ(read_all(), Faults());
  EXPECT_TRUE(ledger_.settled());
  EXPECT_EQ(ledger_.delivered(), kReceivers * 2 * kMessages);
}

TEST_F(LedgerTest, AMessageThatOneReceiverMissesIsLost) {
  streams_[1].erase(streams_[1].begin() + 4);
  EXPECT_EQ(read_all(), (Faults{.lost = 1}));
  EXPECT_FALSE(ledger_.settled());
}

TEST_F(LedgerTest, TheLastMessageIsMissedToo) {
  streams_[2].pop_back();
  EXPECT_EQ(read_all(), (Faults{.lost = 1}));
}

TEST_F(LedgerTest, AMessageThatNobodyGetsIsLostForEveryone) {
  for (auto& stream : streams_) stream.erase(stream.begin() + 3);
  EXPECT_EQ(read_all(), (Faults{.lost = kReceivers}));
}

TEST_F(LedgerTest, AMessageThatComesTwiceIsRepeated) {
  streams_[0].insert(streams_[0].begin() + 6, streams_[0][2]);
  EXPECT_EQ(read_all(), (Faults{.repeated = 1}));
}

TEST_F(LedgerTest, ALaneThatOvertakesItselfIsDisordered) {
  std::swap(streams_[1][2], streams_[1][4]);  // The same lane's second and third.
  const Faults faults = read_all();
  EXPECT_EQ(faults.lost, 0U);
  EXPECT_EQ(faults.repeated, 0U);
  EXPECT_GE(faults.disordered, 1U);
}

TEST_F(LedgerTest, TwoReceiversThatSeeTwoOrdersAreDisordered) {
  std::swap(streams_[1][2], streams_[1][3]);  // Two lanes: each is in order, the room is not.
  EXPECT_EQ(read_all(), (Faults{.disordered = 1}));
}

TEST_F(LedgerTest, WhatWasNeverSentIsForeign) {
  streams_[0].push_back(encoded({0, 0, kMessages, 17}));
  streams_[0].push_back(encoded({9, 0, 0, 17}));
  streams_[0].push_back(encoded({0, 9, 0, 17}));
  EXPECT_EQ(read_all(), (Faults{.foreign = 3}));
}

TEST(LedgerRoomsTest, ADeliveryToSomebodyOutsideTheRoomIsForeign) {
  Ledger ledger({2, 2, 1});
  ledger.add_member(0, 0);
  ledger.add_member(1, 1);
  const Tag tag{0, 1, ledger.send(0, 1), 17};
  ledger.deliver(0, tag);
  ledger.deliver(1, tag);
  EXPECT_EQ(ledger.expected(), 1U);
  EXPECT_EQ(ledger.finish(), (Faults{.foreign = 1}));
}

}  // namespace
}  // namespace securechat::bench
