#include "chat/unsettled.h"

#include <gtest/gtest.h>

#include <string>

namespace securechat::chat {
namespace {

protocol::Packet event(const std::string& nsp) {
  protocol::Packet packet;
  packet.type = protocol::PacketType::kEvent;
  packet.nsp = nsp;
  packet.data = "[]";
  return packet;
}

TEST(UnsettledTest, WhatIsHeldComesOutOnce) {
  Unsettled unsettled;
  EXPECT_FALSE(unsettled.joining("/"));
  unsettled.begin_join("/");
  unsettled.begin_join("/admin");
  protocol::Packet packet = event("/");
  EXPECT_TRUE(unsettled.hold(packet));
  unsettled.end_join("/");
  EXPECT_FALSE(unsettled.joining("/"));
  EXPECT_TRUE(unsettled.joining("/admin"));
  EXPECT_EQ(unsettled.release("/").size(), 1U);
  EXPECT_TRUE(unsettled.release("/").empty());
  unsettled.end_join("/admin");
  EXPECT_FALSE(unsettled.joining("/admin"));
}

TEST(UnsettledTest, AJoinEndsBeingExpelled) {
  Unsettled unsettled;
  unsettled.expel("/");
  EXPECT_TRUE(unsettled.expelled("/"));
  unsettled.begin_join("/");
  EXPECT_FALSE(unsettled.expelled("/"));
  unsettled.end_join("/");
  EXPECT_FALSE(unsettled.expelled("/"));
}

TEST(UnsettledTest, RemembersABoundedNumber) {
  Unsettled unsettled;
  for (std::size_t i = 0; i <= Unsettled::kExpelled; ++i) unsettled.expel("/" + std::to_string(i));
  EXPECT_TRUE(unsettled.expelled("/0"));
  EXPECT_FALSE(unsettled.expelled("/" + std::to_string(Unsettled::kExpelled)));
}

}  // namespace
}  // namespace securechat::chat
