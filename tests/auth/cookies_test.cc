#include "auth/cookies.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace securechat::auth {
namespace {

using State = Cookie::State;

// Shows: R36
TEST(CookiesTest, WhatAHeaderHasUnderAName) {
  struct Row {
    std::string header;
    State state;
    std::string value;
  };
  const std::string name(kAccessCookie);
  for (const Row& row : std::vector<Row>{
           {"", State::kAbsent, ""},
           {"a=b", State::kAbsent, ""},
           {name, State::kRefused, ""},
           {name + "=", State::kRefused, ""},
           {name + "=a.b-C_9", State::kGood, "a.b-C_9"},
           {"a=b; " + name + "=t; c=d", State::kGood, "t"},
           {"a=b;" + name + "=t;c=d", State::kGood, "t"},
           {"a=\"x;y\"; " + name + "=t;", State::kGood, "t"},
           {";;; " + name + "=t", State::kGood, "t"},
           // Names count byte for byte.
           {std::string(kRefreshCookie) + "=t", State::kAbsent, ""},
           {"x" + name + "=t", State::kAbsent, ""},
           {"__HOST-securechat=t", State::kAbsent, ""},
           {"a=b;  " + name + "=t", State::kAbsent, ""},
           {"a=b;\t" + name + "=t", State::kAbsent, ""},
           {" " + name + "=t", State::kAbsent, ""},
           {name + " =t", State::kAbsent, ""},
           {"=" + name + "=t", State::kAbsent, ""},
           {"$Version=1; " + name + "=t; $Path=/", State::kGood, "t"},
           // Values are tokens.
           {name + "=\"t\"", State::kRefused, ""},
           {name + "= t", State::kRefused, ""},
           {name + "=t ", State::kRefused, ""},
           {name + "=t,u", State::kRefused, ""},
           {name + "=t%2e", State::kRefused, ""},
           {name + "=t=", State::kRefused, ""},
           {name + "=t\x80", State::kRefused, ""},
           {name + "=" + std::string("t\0u", 3), State::kRefused, ""},
           {name + "=" + std::string(4'096, 't'), State::kGood, std::string(4'096, 't')},
           {name + "=" + std::string(4'097, 't'), State::kRefused, ""},
           // Tossed: one of two is another's, and nobody knows which.
           {name + "=t; " + name + "=t", State::kRefused, ""},
           {name + "=t; " + name + "=u", State::kRefused, ""},
           {name + "=; " + name + "=u", State::kRefused, ""},
           {name + "=t; a=b; " + name, State::kRefused, ""},
       }) {
    const Cookie cookie = find_cookie(row.header, kAccessCookie);
    EXPECT_EQ(cookie.state, row.state) << row.header;
    EXPECT_EQ(cookie.value, row.value) << row.header;
  }
}

// Shows: R71
TEST(CookiesTest, MorePairsThanABrowserKeepsAreRefused) {
  std::string header = std::string(kAccessCookie) + "=t";
  for (int i = 1; i < 200; ++i) header += "; a=b";
  EXPECT_EQ(find_cookie(header, kAccessCookie).state, State::kGood);
  header += "; a=b";
  EXPECT_EQ(find_cookie(header, kAccessCookie).state, State::kRefused);
  EXPECT_EQ(find_cookie(std::string(8'192, ';'), kAccessCookie).state, State::kRefused);
}

TEST(CookiesTest, AsACredential) {
  EXPECT_EQ(find_cookie("", kAccessCookie).credential(), "");
  EXPECT_EQ(find_cookie("__Host-securechat=t", kAccessCookie).credential(), "t");
  const std::string refused =
      find_cookie("__Host-securechat=t; __Host-securechat=u", kAccessCookie).credential();
  EXPECT_FALSE(refused.empty()) << "it is there, and wrong";
  EXPECT_NE(refused, "t");
  EXPECT_NE(refused, "u");
}

// Shows: R36 S29
TEST(CookiesTest, TheAttributesThatThePrefixAndR36AskFor) {
  EXPECT_EQ(set_cookie(kAccessCookie, "a.b.c", 3600),
            "__Host-securechat=a.b.c; Path=/; Secure; HttpOnly; SameSite=Strict; Max-Age=3600");
  EXPECT_EQ(clear_cookie(kRefreshCookie),
            "__Host-securechat-refresh=; Path=/; Secure; HttpOnly; SameSite=Strict; Max-Age=0");
}

}  // namespace
}  // namespace securechat::auth
