#include "server/options.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

#include "server/config.h"
#include "server/config_values.h"

namespace securechat::server {
namespace {

TEST(Options, EveryDefaultIsAcceptedByItsOwnOption) {
  for (const Option& option : option_table()) {
    const Result<std::string> normal = normal_value(option, option.default_value);
    ASSERT_TRUE(normal.ok()) << normal.message();
    EXPECT_EQ(*normal, option.default_value) << option.key;
  }
}

TEST(Options, KeysAndVariablesAreUnique) {
  std::set<std::string> seen;
  for (const Option& option : option_table()) {
    EXPECT_TRUE(seen.insert(std::string(option.key)).second) << option.key;
    EXPECT_TRUE(seen.insert(prefixed_environment(option)).second) << option.key;
    if (!option.environment.empty()) {
      EXPECT_TRUE(seen.insert(std::string(option.environment)).second) << option.environment;
    }
  }
}

TEST(Options, EveryHelpIsASentence) {
  for (const Option& option : option_table()) {
    EXPECT_TRUE(option.help.ends_with('.')) << option.key;
    EXPECT_GT(option.help.size(), 10U) << option.key;
  }
}

TEST(Options, FindsAndSuggests) {
  ASSERT_NE(find_option("listen.port"), nullptr);
  EXPECT_EQ(find_option("listen.prot"), nullptr);
  EXPECT_EQ(find_option(""), nullptr);
  EXPECT_EQ(nearest_option("limits.mesages"), "limits.messages");
  EXPECT_EQ(nearest_option("origin.alowed"), "origin.allowed");
  EXPECT_EQ(nearest_option("auth.jwt_secrt"), "auth.jwt_secret");
  EXPECT_FALSE(nearest_option(std::string(100'000, 'x')).empty());
}

TEST(Options, PrefixedNames) {
  EXPECT_EQ(prefixed_environment(*find_option("limits.auth_window")),
            "SECURECHAT_LIMITS_AUTH_WINDOW");
  EXPECT_EQ(prefixed_environment(*find_option("loop")), "SECURECHAT_LOOP");
}

TEST(Options, LimitsReachAMillionAndDurationsATenthOfASecond) {
  Config config;
  for (const Option& option : option_table()) {
    if (option.type == OptionType::kDuration) {
      EXPECT_TRUE(config.set(option.key, "100ms").ok()) << option.key;
      EXPECT_FALSE(config.set(option.key, "99ms").ok()) << option.key;
    } else if (option.type == OptionType::kInteger && option.key.starts_with("limits.")) {
      EXPECT_TRUE(config.set(option.key, "1000000").ok()) << option.key;
    }
  }
}

TEST(Durations, Units) {
  EXPECT_EQ(parse_duration_ms("250ms"), 250);
  EXPECT_EQ(parse_duration_ms("90"), 90'000);
  EXPECT_EQ(parse_duration_ms("30s"), 30'000);
  EXPECT_EQ(parse_duration_ms("15m"), 900'000);
  EXPECT_EQ(parse_duration_ms("1h"), 3'600'000);
  EXPECT_EQ(parse_duration_ms("7d"), 604'800'000);
  EXPECT_EQ(parse_duration_ms("4294967295d"), 4294967295LL * 86'400'000);
}

TEST(Durations, Faults) {
  for (const char* text : {"", "s", "soon", "1y", "-1h", "+1h", "1 h", " 1h", "1h ", "1.5h", "1H",
                           "4294967296", "0x10", "1hh", "99999999999999999999d"}) {
    EXPECT_FALSE(parse_duration_ms(text)) << text;
  }
}

TEST(Origins, WhatABrowserSends) {
  for (const char* text : {"http://localhost:3000", "https://chat.example.com", "http://127.0.0.1",
                           "https://[::1]:8443", "capacitor://localhost", "http://a_b.example"}) {
    EXPECT_EQ(origin_fault(text), "") << text;
  }
}

TEST(Origins, WhatABrowserNeverSends) {
  for (const char* text : {"",
                           "*",
                           "null",
                           "localhost:3000",
                           "http://",
                           "http:///",
                           "http://a/",
                           "http://a/path",
                           "http://a b",
                           "http://a?b",
                           "http://a#b",
                           "HTTP://a",
                           "http://A",
                           "http://a:",
                           "http://a:0",
                           "http://a:65536",
                           "http://a:08",
                           "http://a:+8",
                           "http://a:80",
                           "https://a:443",
                           "http://user@a",
                           "http://[::1",
                           "http://[zz]",
                           "http://[127.0.0.1]",
                           "http://.a",
                           "://a"}) {
    EXPECT_NE(origin_fault(text), "") << text;
  }
}

}  // namespace
}  // namespace securechat::server
