#include "audit/event.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

#include "base/json.h"

namespace securechat::audit {
namespace {

std::string object_of(const Event& event, bool truncate = false) {
  return "{" + members_of(KeptEvent(event, 1'795'503'600'123), truncate) + "}";
}

// Shows: R86
TEST(Event, IsOneJsonObject) {
  const IpAddress address = *IpAddress::parse("203.0.113.7");
  EXPECT_EQ(object_of({.name = Name::kLoginOk,
                       .result = Outcome::kOk,
                       .request = "http-7",
                       .user_id = "0123",
                       .address = &address,
                       .origin = "https://chat.example"}),
            R"({"ts":"2026-11-24T07:00:00.123Z","event":"login.ok","result":"ok",)"
            R"("request_id":"http-7","user_id":"0123","address":"203.0.113.7",)"
            R"("origin":"https://chat.example"})");
}

// Shows: R87
TEST(Event, EveryNameHasItsOwnText) {
  std::set<std::string_view> texts;
  for (std::size_t i = 0; i < kNameCount; ++i) texts.insert(text_of(static_cast<Name>(i)));
  EXPECT_EQ(texts.size(), kNameCount);
  EXPECT_EQ(text_of(Name::kServerStop), "server.stop");
}

// Shows: R86 R88
TEST(Event, ASidIsHashed) {
  const std::string text = object_of({.name = Name::kLogout, .sid = "the-session"});
  EXPECT_EQ(text.find("the-session"), std::string::npos);
  EXPECT_NE(text.find(R"("sid_hash":"39635262d609b07f)"), std::string::npos) << text;
}

TEST(Event, AddressesCanBeTruncated) {
  const IpAddress v4 = *IpAddress::parse("203.0.113.7");
  const IpAddress v6 = *IpAddress::parse("2001:db8:1:2::3");
  EXPECT_NE(object_of({.name = Name::kLogout, .address = &v4}, true)
                .find(R"("address":"203.0.113.0/24")"),
            std::string::npos);
  EXPECT_NE(object_of({.name = Name::kLogout, .address = &v6}, true)
                .find(R"("address":"2001:db8:1::/48")"),
            std::string::npos);
}

// Shows: R89
TEST(Event, UntrustedTextStaysOneHarmlessLine) {
  const std::string hostile =
      "a\n{\"event\":\"login.ok\"}\r\x1b[31m\u202e\u2028\u0085\"\\\xff" + std::string(300, 'x');
  const std::string text = object_of({.name = Name::kConnectRefused, .origin = hostile});
  for (const char* bad : {"\n", "\r", "\x1b", "\u202e", "\u2028", "\u0085"}) {
    EXPECT_EQ(text.find(bad), std::string::npos);
  }
  const Result<JsonDocument> document = JsonDocument::parse(text);
  ASSERT_TRUE(document.ok()) << document.message();
  EXPECT_EQ(*document->root()["event"].as_string(), "connect.refused");
  EXPECT_TRUE(document->root()["origin"].as_string()->starts_with("a{\"event\":\"login.ok\"}[31m"));
}

TEST(Event, TextIsCutAtACodePoint) {
  const std::string text =
      object_of({.name = Name::kConnectRefused, .origin = std::string(255, 'x') + "\u20ac\u20ac"});
  EXPECT_NE(text.find("\"" + std::string(255, 'x') + "\""), std::string::npos) << text;
}

}  // namespace
}  // namespace securechat::audit
