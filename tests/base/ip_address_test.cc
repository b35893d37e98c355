#include "base/ip_address.h"

#include <gtest/gtest.h>

namespace securechat {
namespace {

using namespace std::string_view_literals;

TEST(IpAddressTest, Parses) {
  struct Case {
    std::string_view text;
    std::string_view printed;
    bool v4;
    bool loopback;
    std::string_view rate_key;
  };
  const Case cases[] = {
      {"1.2.3.4", "1.2.3.4", true, false, "1.2.3.4"},
      {"127.0.0.1", "127.0.0.1", true, true, "127.0.0.1"},
      {"127.255.255.254", "127.255.255.254", true, true, "127.255.255.254"},
      {"0.0.0.0", "0.0.0.0", true, false, "0.0.0.0"},
      {"255.255.255.255", "255.255.255.255", true, false, "255.255.255.255"},
      {"::1", "::1", false, true, "::/64"},
      {"::", "::", false, false, "::/64"},
      {"2001:DB8:0:1:2:3:4:5", "2001:db8:0:1:2:3:4:5", false, false, "2001:db8:0:1::/64"},
      {"2001:db8::ffff:0:0:1", "2001:db8::ffff:0:0:1", false, false, "2001:db8::/64"},
      {"fe80::1", "fe80::1", false, false, "fe80::/64"},
      {"::ffff:10.0.0.1", "10.0.0.1", true, false, "10.0.0.1"},
      {"::ffff:7f00:1", "127.0.0.1", true, true, "127.0.0.1"},
      {"::fffe:10.0.0.1", "::fffe:a00:1", false, false, "::/64"},
      {"1::1", "1::1", false, false, "1::/64"},
      {"ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
       false, false, "ffff:ffff:ffff:ffff::/64"},
  };
  for (const Case& c : cases) {
    const std::optional<IpAddress> address = IpAddress::parse(c.text);
    ASSERT_TRUE(address) << c.text;
    EXPECT_EQ(address->to_string(), c.printed);
    EXPECT_EQ(address->is_v4(), c.v4) << c.text;
    EXPECT_EQ(address->is_loopback(), c.loopback) << c.text;
    EXPECT_EQ(address->rate_key(), c.rate_key) << c.text;
    EXPECT_EQ(IpAddress::parse(address->to_string()), address) << c.text;
  }
}

TEST(IpAddressTest, Refuses) {
  for (const std::string_view text : {""sv,
                                      "1.2.3"sv,
                                      "1.2.3.4.5"sv,
                                      "256.1.1.1"sv,
                                      "01.2.3.4"sv,
                                      "1.2.3.4 "sv,
                                      " 1.2.3.4"sv,
                                      "0x7f.1"sv,
                                      "localhost"sv,
                                      "[::1]"sv,
                                      "fe80::1%eth0"sv,
                                      "1.2.3.4:80"sv,
                                      "::1::"sv,
                                      ":::"sv,
                                      "g::"sv,
                                      "1:2:3:4:5:6:7:8:9"sv,
                                      "1.2.3.4\0"sv,
                                      "1.2.3.4/8"sv,
                                      "ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.2555"sv,
                                      "-1.2.3.4"sv}) {
    EXPECT_FALSE(IpAddress::parse(text)) << text;
  }
}

TEST(IpAddressTest, FromBytes) {
  const unsigned char mapped[16] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 192, 168, 0, 9};
  EXPECT_EQ(IpAddress::from_bytes(mapped, 16), IpAddress::parse("192.168.0.9"));
  EXPECT_EQ(IpAddress::from_bytes(mapped + 12, 4), IpAddress::parse("192.168.0.9"));
  const unsigned char v6[16] = {0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
  EXPECT_EQ(IpAddress::from_bytes(v6, 16), IpAddress::parse("2001:db8::1"));
  EXPECT_EQ(IpAddress::from_bytes(v6, 7).to_string(), "0.0.0.0");
}

TEST(CidrTest, Contains) {
  struct Case {
    std::string_view block;
    std::string_view address;
    bool inside;
  };
  const Case cases[] = {
      {"10.0.0.0/8", "10.255.0.1", true},
      {"10.0.0.0/8", "11.0.0.0", false},
      {"10.1.2.3/8", "10.9.9.9", true},  // Bits behind the prefix do not matter.
      {"10.0.0.0/9", "10.127.255.255", true},
      {"10.0.0.0/9", "10.128.0.0", false},
      {"192.168.1.7", "192.168.1.7", true},
      {"192.168.1.7", "192.168.1.6", false},
      {"192.168.1.6/31", "192.168.1.7", true},
      {"0.0.0.0/0", "203.0.113.5", true},
      {"0.0.0.0/0", "::1", false},
      {"::/0", "2001:db8::1", true},
      {"::/0", "1.2.3.4", false},
      {"2001:db8::/32", "2001:db8:ffff::1", true},
      {"2001:db8::/33", "2001:db8:8000::1", false},
      {"::1/128", "::1", true},
      {"::ffff:10.0.0.0/104", "10.1.1.1", true},
      {"::ffff:10.0.0.0/104", "11.1.1.1", false},
      {"10.0.0.0/8", "::ffff:10.1.1.1", true},
  };
  for (const Case& c : cases) {
    const std::optional<Cidr> block = Cidr::parse(c.block);
    ASSERT_TRUE(block) << c.block;
    EXPECT_EQ(block->contains(*IpAddress::parse(c.address)), c.inside)
        << c.block << " " << c.address;
  }
}

TEST(CidrTest, Refuses) {
  for (const std::string_view text :
       {"", "/8", "10.0.0.0/", "10.0.0.0/33", "::/129", "10.0.0.0/08", "10.0.0.0/-1", "10.0.0.0/+8",
        "10.0.0.0/8 ", "10.0.0.0/8/8", "10.0.0.0/1e1", "::ffff:10.0.0.0/95", "x/8",
        "10.0.0.0/4294967304"}) {
    EXPECT_FALSE(Cidr::parse(text)) << text;
  }
}

// Shows: S24
TEST(IpAddress, NamesItsNetwork) {
  EXPECT_EQ(IpAddress::parse("203.0.113.7")->network(), "203.0.113.0/24");
  EXPECT_EQ(IpAddress::parse("::ffff:203.0.113.7")->network(), "203.0.113.0/24");
  EXPECT_EQ(IpAddress::parse("2001:db8:1:2::3")->network(), "2001:db8:1::/48");
}

}  // namespace
}  // namespace securechat
