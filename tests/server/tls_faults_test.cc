#include "server/tls_faults.h"

#include <gtest/gtest.h>

#include "base/clock.h"

namespace securechat::server {
namespace {

// Shows: R75
TEST(TlsFaults, WhoOnlyFailsIsLetInNoMoreForAMinute) {
  ManualClock clock;
  TlsFaults faults(clock);
  const IpAddress stranger = *IpAddress::parse("203.0.113.9");
  const IpAddress neighbour = *IpAddress::parse("203.0.113.10");
  const IpAddress here = *IpAddress::parse("127.0.0.1");
  for (int i = 0; i < TlsFaults::kPerMinute; ++i) {
    EXPECT_TRUE(faults.admits(stranger));
    faults.count({stranger, "a reason", true});
    faults.count({here, "a reason", true});
  }
  EXPECT_FALSE(faults.admits(stranger));
  EXPECT_TRUE(faults.admits(neighbour));
  EXPECT_TRUE(faults.admits(here));
  clock.advance_ms(60'001);
  EXPECT_TRUE(faults.admits(stranger));
}

// Who has a plain HTTP client or distrusts our certificate is told so as often as he likes.
TEST(TlsFaults, WhatCostNothingClosesNobodyOut) {
  ManualClock clock;
  TlsFaults faults(clock);
  const IpAddress stranger = *IpAddress::parse("203.0.113.9");
  for (int i = 0; i < 2 * TlsFaults::kPerMinute; ++i) {
    faults.count({stranger, "http request", false});
  }
  EXPECT_TRUE(faults.admits(stranger));
}

}  // namespace
}  // namespace securechat::server
