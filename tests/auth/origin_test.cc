#include "auth/origin.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "auth/query_token.h"
#include "headers_stub.h"

namespace securechat::auth {
namespace {

using namespace std::string_literals;
using Map = std::map<std::string, std::string>;

OriginVerdict judge(const std::vector<std::string>& allowed, Map values, bool bearer = false,
                    bool allow_missing = false, bool tls = false) {
  const Headers headers(std::move(values));
  Handshake handshake;
  handshake.headers = &headers;
  handshake.bearer_header = bearer;
  handshake.tls = tls;
  const OriginPolicy policy{allowed, allow_missing, false};
  const OriginVerdict verdict = judge_origin(policy, handshake).verdict;
  const bool refused = verdict == OriginVerdict::kMissing || verdict == OriginVerdict::kRefused;
  EXPECT_EQ(check_origin(policy, handshake), refused ? Fault::kInvalidOrigin : Fault::kNone);
  return verdict;
}

constexpr const char* kListed = "http://localhost:3000";
constexpr OriginVerdict kAccepted = OriginVerdict::kAccepted;
constexpr OriginVerdict kRefused = OriginVerdict::kRefused;
constexpr OriginVerdict kMissing = OriginVerdict::kMissing;

// Shows: R1 S12
TEST(Origin, OnlyListedOnesByteForByte) {
  EXPECT_EQ(judge({kListed}, {{"origin", kListed}, {"host", "x"}}), kAccepted);
  for (const std::string& origin : {"http://evil.example"s,
                                    "null"s,
                                    ""s,
                                    "http://localhost:3001"s,
                                    "https://localhost:3000"s,
                                    "http://localhost"s,
                                    "http://localhost:3000/"s,
                                    "http://localhost:3000.evil.example"s,
                                    "http://evil.example#http://localhost:3000"s,
                                    "HTTP://LOCALHOST:3000"s,
                                    "http://127.0.0.1:3000"s,
                                    "http://localhost:3000, http://evil.example"s,
                                    "http://localhost:3000,  http://localhost:3000"s,
                                    "http://localhost:3000 "s,
                                    "\thttp://localhost:3000"s,
                                    "http://localhost:3000\0"s,
                                    "http://localhost:3000\0x"s,
                                    "http://localhost:30000"s,
                                    "xhttp://localhost:3000"s,
                                    "localhost:3000"s}) {
    EXPECT_EQ(judge({kListed}, {{"origin", origin}, {"host", "127.0.0.1:3000"}}), kRefused)
        << origin;
    EXPECT_EQ(judge({kListed}, {{"origin", origin}}, true, true), kRefused)
        << "neither a bearer nor allow_missing cures a wrong one: " << origin;
  }
  EXPECT_EQ(judge({"null"}, {{"origin", "null"}}), kRefused) << "even when listed";
}

// Shows: R1 R2
TEST(Origin, AnEmptyListIsSameOriginOnly) {
  EXPECT_EQ(judge({}, {{"origin", "http://chat.example"}, {"host", "chat.example"}}), kAccepted);
  EXPECT_EQ(judge({}, {{"origin", "https://chat.example"}, {"host", "chat.example"}}), kRefused);
  EXPECT_EQ(
      judge({}, {{"origin", "https://chat.example"}, {"host", "chat.example"}}, false, false, true),
      kAccepted);
  EXPECT_EQ(judge({}, {{"origin", "http://evil.example"}, {"host", "chat.example"}}), kRefused);
  EXPECT_EQ(judge({}, {{"origin", "http://"}, {"host", ""}}), kRefused);
  EXPECT_EQ(judge({}, {{"origin", "http://a b"}, {"host", "a b"}}), kRefused);
}

// Shows: R2
TEST(Origin, SameOriginRequestsWithoutTheHeader) {
  const auto fetched = [](const std::string& host) {
    return Map{{"sec-fetch-site", "same-origin"}, {"host", host}};
  };
  EXPECT_EQ(judge({}, fetched("chat.example:8080")), kAccepted);
  EXPECT_EQ(judge({kListed}, fetched("localhost:3000")), kAccepted);
  EXPECT_EQ(judge({kListed}, fetched("127.0.0.1:45678")), kAccepted) << "cannot be rebound";
  EXPECT_EQ(judge({kListed}, fetched("[::1]:45678")), kAccepted);
  EXPECT_EQ(judge({kListed}, fetched("evil.example:3000")), kMissing) << "may be rebound";
  EXPECT_EQ(judge({kListed}, fetched("")), kMissing);
  for (const char* site : {"cross-site", "same-site", "none", "", "same-origin "}) {
    EXPECT_EQ(judge({}, {{"sec-fetch-site", site}, {"host", "a.example"}}), kMissing) << site;
  }
}

// Shows: R1 R2
TEST(Origin, Referers) {
  const auto from = [](const std::string& referer, const std::string& host = "h.example") {
    return Map{{"referer", referer}, {"host", host}};
  };
  EXPECT_EQ(judge({kListed}, from("http://localhost:3000/chat?x#y")), kAccepted);
  EXPECT_EQ(judge({kListed}, from("http://localhost:3000")), kAccepted);
  EXPECT_EQ(judge({}, from("http://h.example/a")), kAccepted);
  EXPECT_EQ(judge({kListed}, from("http://h.example/a")), kMissing);
  EXPECT_EQ(judge({kListed}, from("http://127.0.0.1:9/a", "127.0.0.1:9")), kAccepted);
  for (const char* referer :
       {"http://evil.example/http://localhost:3000/", "http://localhost:3000.evil.example/",
        "http://localhost:3000@evil.example/", "http://evil.example?http://localhost:3000", "",
        "localhost:3000", "http://localhost:30001/", "null"}) {
    EXPECT_EQ(judge({kListed}, from(referer)), kMissing) << referer;
  }
}

// Shows: R2
TEST(Origin, NativeClientsAndMissingOnes) {
  EXPECT_EQ(judge({kListed}, {}), kMissing);
  EXPECT_EQ(judge({kListed}, {}, true), OriginVerdict::kNative);
  EXPECT_EQ(judge({kListed}, {}, false, true), OriginVerdict::kMissingAllowed);
  EXPECT_EQ(check_origin({}, Handshake{}), Fault::kInvalidOrigin) << "no headers at all";
}

// Shows: R1 S12
TEST(Origin, Syntax) {
  for (const char* good : {"http://a", "https://a.b:1", "http://[::1]:65535", "http://1.2.3.4",
                           "app://x", "chrome-extension://abcdef"}) {
    EXPECT_TRUE(is_origin(good)) << good;
  }
  for (
      const char* bad :
      {"",           "null",        "http://",        "://a",           "http:/a",     "http://a/",
       "http://a:",  "http://a:0",  "http://a:65536", "http://a:08",    "http://a:1x", "http://a b",
       "http://a,b", "http://[::1", "http://[x]",     "http://A",       "http://u@h",  "http://a?",
       "http://a#",  "1http://a",   "http://.a",      "http://\xc3\xa9"}) {
    EXPECT_FALSE(is_origin(bad)) << bad;
  }
  EXPECT_TRUE(origin_listed({{kListed}, false, false}, kListed));
  EXPECT_FALSE(origin_listed({{}, false, false}, kListed));
}

// Shows: R6
TEST(QueryToken, Names) {
  for (const char* query : {"token=x", "EIO=4&token=x", "access_token=x&a=b", "auth=x", "TOKEN=x",
                            "a=b&%74oken=x", "token", "&&token="}) {
    EXPECT_TRUE(query_has_token(query)) << query;
  }
  for (const char* query : {"", "EIO=4&transport=polling", "tokens=x", "a=token", "a=b%26token=x",
                            "%zz=1", "%", "t=1"}) {
    EXPECT_FALSE(query_has_token(query)) << query;
  }
}

}  // namespace
}  // namespace securechat::auth
