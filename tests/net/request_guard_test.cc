#include "net/request_guard.h"

#include <gtest/gtest.h>

#include <functional>
#include <ostream>
#include <string>

namespace securechat::net {

struct Input {
  RequestHead head;
  HeadFacts facts;

  void set(const std::string& name, const std::string& value) {
    for (auto& header : head.headers) {
      if (header.first == name) {
        header.second = value;
        return;
      }
    }
    head.headers.emplace_back(name, value);
  }
  void remove(const std::string& name) {
    std::erase_if(head.headers, [&](const auto& header) { return header.first == name; });
  }
};

struct Case {
  const char* name;
  int status;
  std::function<void(Input&)> change;
};

std::ostream& operator<<(std::ostream& out, const Case& c) {
  return out << c.name;
}

namespace {

using namespace std::string_literals;

Input good_request() {
  Input input;
  input.head.method = "POST";
  input.head.path = "/api";
  input.facts.version = "HTTP/1.1";
  input.set("host", "localhost:8080");
  input.set("content-length", "5");
  return input;
}

Input good_upgrade() {
  Input input = good_request();
  input.head.method = "GET";
  input.remove("content-length");
  input.set("upgrade", "websocket");
  input.set("connection", "keep-alive, Upgrade");
  input.set("sec-websocket-version", "13");
  input.set("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ==");
  return input;
}

auto set(std::string name, std::string value) {
  return [name, value](Input& input) {
    input.set(name, value);
  };
}
auto repeat(std::string name) {
  return [name](Input& input) {
    input.facts.repeated.push_back(name);
  };
}
auto remove(std::string name) {
  return [name](Input& input) {
    input.remove(name);
  };
}

class RequestRules : public testing::TestWithParam<Case> {};
class UpgradeRules : public testing::TestWithParam<Case> {};

// Shows: R4 R56
TEST_P(RequestRules, Status) {
  Input input = good_request();
  GetParam().change(input);
  EXPECT_EQ(check_request(input.head, input.facts).status, GetParam().status);
}

// Shows: R3 R4
TEST_P(UpgradeRules, Status) {
  Input input = good_upgrade();
  GetParam().change(input);
  EXPECT_EQ(check_upgrade(input.head, input.facts).status, GetParam().status);
}

INSTANTIATE_TEST_SUITE_P(
    Table, RequestRules,
    testing::Values(
        Case{"good", 0,
             [](Input&) {
             }},
        Case{"http10", 0,
             [](Input& i) {
               i.facts.version = "HTTP/1.0";
             }},
        Case{"http2", 400,
             [](Input& i) {
               i.facts.version = "HTTP/2.0";
             }},
        Case{"no version", 400,
             [](Input& i) {
               i.facts.version = "";
             }},
        Case{"two versions", 400,
             [](Input& i) {
               i.facts.version = "HTTP/1.1,HTTP/1.1";
             }},
        Case{"two methods", 400,
             [](Input& i) {
               i.facts.request_lines = 2;
             }},
        Case{"unreadable", 400,
             [](Input& i) {
               i.facts.unreadable = true;
             }},
        Case{"no path", 400,
             [](Input& i) {
               i.head.path = "";
             }},
        Case{"control in path", 400,
             [](Input& i) {
               i.head.path = "/a\nb";
             }},
        Case{"long uri", 414,
             [](Input& i) {
               i.facts.uri_bytes = kMaxUriBytes + 1;
             }},
        Case{"longest uri", 0,
             [](Input& i) {
               i.facts.uri_bytes = kMaxUriBytes;
             }},
        Case{"many headers", 431,
             [](Input& i) {
               i.facts.header_count = 65;
             }},
        Case{"most headers", 0,
             [](Input& i) {
               i.facts.header_count = 64;
             }},
        Case{"long headers", 431,
             [](Input& i) {
               i.facts.header_bytes = 8'193;
             }},
        Case{"NUL in header", 400, set("origin", "http://good\0.evil"s)},
        Case{"CR in header", 400, set("x-a", "a\rb")}, Case{"tab in header", 0, set("x-a", "a\tb")},
        Case{"UTF-8 in header", 0, set("x-a", "\xC3\xA9")},
        Case{"blank in name", 400, set("x a", "b")},
        Case{"blank before colon", 400, set("host ", "b")},
        Case{"line end in name", 400, set(" folded\r\nx", "b")},
        Case{"pseudo header", 400, set(":path", "/")}, Case{"no host", 400, remove("host")},
        Case{"empty host", 400, set("host", " ")}, Case{"two hosts", 400, repeat("host")},
        Case{"list of hosts", 400, set("host", "a,b")},
        Case{"host with user", 400, set("host", "a@b")},
        Case{"IPv6 host", 0, set("host", "[::1]:80")},
        Case{"origin", 0, set("origin", "http://good")}, Case{"two origins", 400, repeat("origin")},
        Case{"chunked", 501, set("transfer-encoding", "chunked")},
        Case{"identity", 501, set("transfer-encoding", "identity")},
        Case{"negative length", 400, set("content-length", "-5")},
        Case{"signed length", 400, set("content-length", "+5")},
        Case{"length with letters", 400, set("content-length", "3x")},
        Case{"hexadecimal length", 400, set("content-length", "0x10")},
        Case{"empty length", 400, set("content-length", "")},
        Case{"list of lengths", 400, set("content-length", "3,3")},
        Case{"huge length", 400, set("content-length", "9999999999999999999")},
        Case{"two lengths", 400, repeat("content-length")},
        Case{"length with blanks", 0, set("content-length", "  5 ")},
        Case{"CONNECT", 405,
             [](Input& i) {
               i.head.method = "CONNECT";
             }},
        Case{"no method", 405,
             [](Input& i) {
               i.head.method = "";
             }},
        Case{"GET with body", 400,
             [](Input& i) {
               i.head.method = "GET";
             }},
        Case{"GET with no body", 0,
             [](Input& i) {
               i.head.method = "GET";
               i.set("content-length", "0");
             }},
        Case{"expect continue", 0, set("expect", "100-Continue")},
        Case{"expect else", 417, set("expect", "a pony")}));

INSTANTIATE_TEST_SUITE_P(
    Table, UpgradeRules,
    testing::Values(
        Case{"good", 0,
             [](Input&) {
             }},
        Case{"case", 0, set("upgrade", "WebSocket")}, Case{"h2c", 400, set("upgrade", "h2c")},
        Case{"foreign", 400, set("upgrade", "foo")},
        Case{"list", 400, set("upgrade", "websocket, foo")},
        Case{"two upgrades", 400, repeat("upgrade")},
        Case{"POST", 400,
             [](Input& i) {
               i.head.method = "POST";
             }},
        Case{"HTTP/1.0", 400,
             [](Input& i) {
               i.facts.version = "HTTP/1.0";
             }},
        Case{"no connection", 400, remove("connection")},
        Case{"connection close", 400, set("connection", "close")},
        Case{"odd connection", 400, set("connection", "upgrade, (")},
        Case{"long connection", 400, set("connection", "upgrade, " + std::string(120, 'a'))},
        Case{"no websocket version", 426, remove("sec-websocket-version")},
        Case{"version 8", 426, set("sec-websocket-version", "8")},
        Case{"version 130", 426, set("sec-websocket-version", "130")},
        Case{"no key", 400, remove("sec-websocket-key")},
        Case{"short key", 400, set("sec-websocket-key", "c2hvcnQ=")},
        Case{"long key", 400, set("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZSBpcyBsb25nZXI=")},
        Case{"odd key", 400, set("sec-websocket-key", "dGhlIHNhbXBsZSBub25j*Q==")},
        Case{"unpadded key", 400, set("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQab")},
        Case{"key with blank", 400, set("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ== ")},
        Case{"two keys", 400, repeat("sec-websocket-key")}, Case{"no host", 400, remove("host")},
        Case{"chunked", 501, set("transfer-encoding", "chunked")}));

TEST(RequestGuard, ContentLength) {
  Input input = good_request();
  EXPECT_EQ(content_length(input.head), 5U);
  input.remove("content-length");
  EXPECT_EQ(content_length(input.head), std::nullopt);
}

TEST(RequestGuard, WantsClose) {
  Input input = good_request();
  EXPECT_FALSE(wants_close(input.head, input.facts));
  input.set("connection", "Keep-Alive, CLOSE");
  EXPECT_TRUE(wants_close(input.head, input.facts));
  input.set("connection", "closed");
  EXPECT_FALSE(wants_close(input.head, input.facts));
  input.facts.version = "HTTP/1.0";
  EXPECT_TRUE(wants_close(input.head, input.facts));
}

TEST(RequestGuard, Subprotocol) {
  Input input = good_upgrade();
  EXPECT_EQ(check_subprotocol(input.head, "chat.v1"), 0);
  input.set("sec-websocket-protocol", "other, chat.v1");
  EXPECT_EQ(check_subprotocol(input.head, "chat.v1"), 0);
  input.set("sec-websocket-protocol", "Chat.v1");
  EXPECT_EQ(check_subprotocol(input.head, "chat.v1"), 400);
  input.set("sec-websocket-protocol", "chat.v1, (");
  EXPECT_EQ(check_subprotocol(input.head, "chat.v1"), 400);
  input.set("sec-websocket-protocol", "chat.v1, " + std::string(120, 'a'));
  EXPECT_EQ(check_subprotocol(input.head, "chat.v1"), 400);
}

}  // namespace
}  // namespace securechat::net
