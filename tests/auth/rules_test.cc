#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "auth/accounts.h"

namespace securechat::auth {
namespace {

using namespace std::string_literals;

TEST(Rules, EmailsThatAreGood) {
  for (const std::string& email :
       {"a@b.co"s, "  Norm@Example.COM \t"s, "first.last+tag@sub.example.org"s,
        "x!#$%&*+-/=?^_{|}~@example.com"s, "user@xn--bcher-kva.example"s, "user@a.xn--p1ai"s,
        "jos\u00e9@example.com"s, std::string(64, 'a') + "@example.com",
        "a@" + std::string(63, 'b') + ".com", "1@1.com"s}) {
    EXPECT_EQ(check_email(email), Fault::kNone) << email;
  }
}

// Shows: R42
TEST(Rules, EmailsThatAreNot) {
  std::string longest = std::string(64, 'a') + "@";
  while (longest.size() < 251) {
    longest += "b.";
  }
  for (const std::string& email : {""s,
                                   " "s,
                                   "no"s,
                                   "@example.com"s,
                                   "a@"s,
                                   "a@b"s,
                                   "a@localhost"s,
                                   "a b@example.com"s,
                                   "a@b@example.com"s,
                                   "a@exa mple.com"s,
                                   ".a@example.com"s,
                                   "a.@example.com"s,
                                   "a..b@example.com"s,
                                   "a@.com"s,
                                   "a@example..com"s,
                                   "a@example.com."s,
                                   "a@-b.com"s,
                                   "a@b-.com"s,
                                   "a@b.c"s,
                                   "a@b.c1"s,
                                   "a@1.2.3.4"s,
                                   "a@[127.0.0.1]"s,
                                   "a'b@example.com"s,
                                   "\"a\"@example.com"s,
                                   "a`b@example.com"s,
                                   "a\0b@example.com"s,
                                   "a\n@example.com"s,
                                   "a@ex\u00e4mple.com"s,
                                   "a\u200b@example.com"s,
                                   "a\u202e@example.com"s,
                                   "a\u00a0b@example.com"s,
                                   "\xff@example.com"s,
                                   "a<b@example.com"s,
                                   "a,b@example.com"s,
                                   std::string(65, 'a') + "@example.com",
                                   std::string(250, 'a') + "@example.com",
                                   "a@" + std::string(64, 'b') + ".com",
                                   longest + "info",
                                   "a@b_c.com"s,
                                   "a@b/c.com"s}) {
    EXPECT_EQ(check_email(email), Fault::kInvalidEmail) << email;
  }
  EXPECT_EQ(check_email(longest + "com"), Fault::kNone) << "254 bytes";
}

// Shows: R42 S19
TEST(Rules, EmailKey) {
  EXPECT_EQ(email_key("  A.B@Example.COM\n"), "a.b@example.com");
  EXPECT_EQ(email_key("\u00a0a@b.co\ufeff"), "a@b.co");
}

// Shows: R25 R26 S21
TEST(Rules, Passwords) {
  const std::vector<std::pair<std::string, Fault>> table{
      {"", Fault::kPasswordTooShort},
      {"aA1", Fault::kPasswordTooShort},
      {"Passw0r", Fault::kPasswordTooShort},
      {"Passw0rd", Fault::kNone},
      {"abcdefgh", Fault::kPasswordNeedsCase},
      {"ABCDEFG1", Fault::kPasswordNeedsCase},
      {"\u00c4bcdefg1", Fault::kPasswordNeedsCase},
      {"Abcdefgh", Fault::kPasswordNeedsNumber},
      {"Aa1" + std::string(69, 'x'), Fault::kNone},
      {"Aa1" + std::string(70, 'x'), Fault::kPasswordTooLong},
      {std::string(100, 'x'), Fault::kPasswordNeedsCase},
      {"Passw0rd\0x"s, Fault::kPasswordInvalid},
      {"Aa1\0"s + std::string(80, 'x'), Fault::kPasswordTooLong},
      // Four emoji are eight UTF-16 units; with three letters more there are enough characters.
      {"\U0001F600\U0001F600\U0001F600aA", Fault::kPasswordNeedsNumber},
      {"\U0001F600\U0001F600aA1", Fault::kPasswordTooShort},
  };
  for (const auto& [password, fault] : table) {
    EXPECT_EQ(check_password({}, password, {}), fault) << password;
  }
}

// Shows: R43 S6
TEST(Rules, Usernames) {
  std::string emoji;
  for (int i = 0; i < 64; ++i) {
    emoji += "\U0001F600";
  }
  for (const std::string& name : {"a"s, "Zo\u00eb \u00c5ngstr\u00f6m"s, " bob "s,
                                  std::string(64, 'n'), emoji, "\u5f20\u4f1f"s, "a.b-c_d"s}) {
    EXPECT_EQ(check_username(name), Fault::kNone) << name;
  }
  for (const std::string& name : {""s,         " "s,        "\u00a0\u3000"s, std::string(65, 'n'),
                                  emoji + "x", "a<b"s,      "a>b"s,          "a&b"s,
                                  "a\"b"s,     "a'b"s,      "a/b"s,          "a\\b"s,
                                  "a`b"s,      "a\x01"s,    "a\nb"s,         "a\x7f"s,
                                  "a\u0085b"s, "a\u202eb"s, "a\u2066b"s,     "a\u200bb"s,
                                  "a\ufeffb"s, "a\0b"s,     "a\xff"s,        "\xc3"s,
                                  "\u2800"s,   "\u3164"s,   "\u115f"s,       "\u034f"s,
                                  "\ufe0f"s,   "\u17b4"s,   "\u3164 \u3164"s}) {
    EXPECT_EQ(check_username(name), Fault::kInvalidUsername) << name;
  }
}

}  // namespace
}  // namespace securechat::auth
