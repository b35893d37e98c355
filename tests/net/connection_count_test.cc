#include "net/connection_count.h"

#include <gtest/gtest.h>

#include <string_view>

namespace securechat::net {
namespace {

IpAddress ip(std::string_view text) {
  return *IpAddress::parse(text);
}

// Shows: R63 S35
TEST(ConnectionCountTest, OneAddressHoldsAtMostHalf) {
  ConnectionCount count;
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(count.add(ip("192.0.2.1"), 10, false));
  EXPECT_FALSE(count.add(ip("192.0.2.1"), 10, false));
  EXPECT_TRUE(count.add(ip("192.0.2.2"), 10, false)) << "others still come in";
  count.remove(ip("192.0.2.1"));
  EXPECT_TRUE(count.add(ip("192.0.2.1"), 10, false));
  EXPECT_EQ(count.total(), 6U);
}

// Shows: R63 S24
TEST(ConnectionCountTest, AnIpv6NetworkIsOneAddress) {
  ConnectionCount count;
  EXPECT_TRUE(count.add(ip("2001:db8::1"), 4, false));
  EXPECT_TRUE(count.add(ip("2001:db8::2"), 4, false));
  EXPECT_FALSE(count.add(ip("2001:db8::3"), 4, false));
  EXPECT_TRUE(count.add(ip("2001:db8:0:1::3"), 4, false));
}

TEST(ConnectionCountTest, WhoStandsForManyMayFillAllAndNobodyMore) {
  ConnectionCount count;
  for (int i = 0; i < 4; ++i) EXPECT_TRUE(count.add(ip("10.0.0.1"), 4, true));
  EXPECT_FALSE(count.add(ip("10.0.0.1"), 4, true));
  EXPECT_FALSE(count.add(ip("192.0.2.1"), 4, false));
}

TEST(ConnectionCountTest, ALimitOfOneLetsOneIn) {
  ConnectionCount count;
  EXPECT_TRUE(count.add(ip("192.0.2.1"), 1, false));
  EXPECT_FALSE(count.add(ip("192.0.2.1"), 1, false));
}

}  // namespace
}  // namespace securechat::net
