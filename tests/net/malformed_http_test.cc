#include <gtest/gtest.h>
#include <libwebsockets.h>
#include <sys/socket.h>

#include <ostream>
#include <random>
#include <string>
#include <vector>

#include "net/client.h"
#include "net/server.h"

namespace securechat::net {

struct Malformed {
  const char* name;
  std::string request;
  int status;  // 0: closed without an answer, because libwebsockets asks nobody.
};

std::ostream& operator<<(std::ostream& out, const Malformed& m) {
  return out << m.name;
}

namespace {

using namespace std::string_literals;

// Since 4.3 libwebsockets lists the names of headers it does not know. Before, the server reads its
// memory, which shows how a head ends and how long each of several values of one name is, and which
// a very long name makes unreadable.
constexpr bool kListsHeaders = LWS_LIBRARY_VERSION_NUMBER >= 4'003'000;
constexpr int kBareEndStatus = kListsHeaders ? 200 : 400;
constexpr int kManyRepeatedStatus = kListsHeaders ? 200 : 431;
constexpr int kLongNameStatus = kListsHeaders ? 431 : 400;

std::string many_headers(int count, std::size_t size) {
  std::string lines;
  for (int i = 0; i < count; ++i) {
    lines += "X-Header-" + std::to_string(i) + ": " + std::string(size, 'v') + "\r\n";
  }
  return lines;
}

std::string repeated_header(int count, std::size_t size) {
  std::string lines;
  for (int i = 0; i < count; ++i) lines += "X-Same: " + std::string(size, 'v') + "\r\n";
  return lines;
}

std::string request(const std::string& lines) {
  return lines + "\r\n";
}

std::string get(const std::string& headers) {
  return request("GET /hello HTTP/1.1\r\nHost: a\r\n" + headers);
}

std::string handshake(const std::string& without, const std::string& with) {
  std::string text = upgrade_request("/ws", with);
  const std::size_t at = text.find(without);
  if (!without.empty()) text.erase(at, text.find("\r\n", at) + 2 - at);
  return text;
}

class MalformedHttp : public testing::TestWithParam<Malformed> {};

// Each is refused, its connection closed, and a good request on a new one works.
// Shows: R3 R4
TEST_P(MalformedHttp, IsRefusedAndClosed) {
  for (const bool poll : {false, true}) {
    LoopOptions options;
    options.force_poll = poll;
    Server server(options);
    RawClient client(server.port());
    client.send(GetParam().request);
    const HttpAnswer answer = client.read_answer();
    EXPECT_EQ(answer.status, GetParam().status) << answer.head;
    if (GetParam().status != 0) {
      EXPECT_EQ(answer.header("X-Content-Type-Options"), "nosniff");
    }
    if (answer.status == 405) {
      EXPECT_NE(answer.header("Allow"), "");
    }
    if (answer.status == 426) {
      EXPECT_EQ(answer.header("Upgrade"), "websocket");
      EXPECT_EQ(answer.header("Sec-WebSocket-Version"), "13");
    }
    EXPECT_TRUE(client.closed_by_peer());
    client.close();
    RawClient good(server.port());
    EXPECT_EQ(good.get("/hello").status, 200);
    EXPECT_TRUE(server.wait_for([&](Loop& loop) { return loop.connections() <= 1; }));
    server.run([&](Loop&) { EXPECT_EQ(server.sockets.size(), 0U); });
  }
}

INSTANTIATE_TEST_SUITE_P(
    Table, MalformedHttp,
    testing::Values(
        Malformed{"no host", request("GET /hello HTTP/1.1\r\n"), 400},
        Malformed{"two hosts", get("Host: b\r\n"), 400},
        Malformed{"two origins", get("Origin: http://good\r\nOrigin: http://evil\r\n"), 400},
        Malformed{"two equal origins", get("Origin: http://good\r\nOrigin: http://good\r\n"), 400},
        Malformed{"handshake with two origins",
                  handshake("", "Origin: http://good\r\nOrigin: http://evil\r\n"), 400},
        Malformed{"empty host", request("GET /hello HTTP/1.1\r\nHost:\r\n"), 400},
        Malformed{"blank before colon", request("GET /hello HTTP/1.1\r\nHost : a\r\n"), 400},
        Malformed{"blank in custom name", get("X Y: b\r\n"), 400},
        Malformed{"folded", get("X-C: b\r\n folded\r\nX-B: c\r\n"), 400},
        Malformed{"bare line feed inside",
                  "GET /hello HTTP/1.1\nHost: a\r\nConnection: close\r\n\r\n", 200},
        Malformed{"bare line feed at the end",
                  "GET /hello HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\n", kBareEndStatus},
        Malformed{"name of 9 KiB", get(std::string(9'000, 'x') + ": y\r\n"), kLongNameStatus},
        Malformed{"NUL in name", get("X\0Y: b\r\n"s), 400},
        Malformed{"NUL in known header", get("Origin: http://good\0.evil\r\n"s), 400},
        Malformed{"NUL in custom header", get("X-Origin: http://good\0.evil\r\n"s), 400},
        Malformed{"chunked",
                  "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
                  501},
        Malformed{"chunked and length",
                  "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n"
                  "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /hello HTTP/1.1\r\n\r\n",
                  501},
        Malformed{"negative length",
                  "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: -5\r\n\r\nabcde", 400},
        Malformed{"length with letters",
                  "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 3x\r\n\r\nabc", 400},
        Malformed{"two lengths",
                  "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nContent-Length: 30\r\n"
                  "\r\nabc",
                  400},
        Malformed{"GET with body", get("Content-Length: 3\r\n") + "abc", 400},
        Malformed{"65 headers", get(many_headers(64, 1)), 431},
        Malformed{"9 KiB of headers", get(many_headers(9, 1'024)), 431},
        Malformed{"9 KiB in one repeated header",
                  get("Connection: close\r\n" + repeated_header(9, 1'024)), kManyRepeatedStatus},
        Malformed{"12 KiB in one known header", get("Accept: " + std::string(12'000, 'a') + "\r\n"),
                  431},
        Malformed{"30 KiB of headers", get(many_headers(30, 1'024)), 0},
        Malformed{"2000 headers", get(many_headers(2'000, 1)), 0},
        Malformed{"long path",
                  request("GET /" + std::string(2'048, 'p') + " HTTP/1.1\r\nHost: a\r\n"), 414},
        Malformed{"long query",
                  request("GET /hello?" + std::string(2'048, 'q') + " HTTP/1.1\r\nHost: a\r\n"),
                  414},
        Malformed{"control in path", request("GET /hel%0alo HTTP/1.1\r\nHost: a\r\n"), 400},
        Malformed{"version 2.0", request("GET /hello HTTP/2.0\r\nHost: a\r\n"), 400},
        Malformed{"no version", request("GET /hello\r\nHost: a\r\n"), 400},
        Malformed{"CONNECT", request("CONNECT a:443 HTTP/1.1\r\nHost: a\r\n"), 405},
        Malformed{"TRACE", request("TRACE / HTTP/1.1\r\nHost: a\r\n"), 403},
        Malformed{"TLS hello", "\x16\x03\x01\x02\x00\x01\x00\x01\xFC\x03\x03"s, 403},
        Malformed{"HTTP/2 preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 403},
        Malformed{"two request lines",
                  request("GET /hello HTTP/1.1\r\nPOST /echo HTTP/1.1\r\nHost: a\r\n"), 0},
        Malformed{"odd expectation", get("Expect: wonders\r\n"), 417},
        Malformed{"h2c",
                  get("Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n"
                      "HTTP2-Settings: AAMAAABkAAQAAP__\r\n"),
                  400},
        Malformed{"foreign upgrade", get("Connection: Upgrade\r\nUpgrade: foo\r\n"), 403},
        Malformed{"version 8", handshake("Sec-WebSocket-Version", "Sec-WebSocket-Version: 8\r\n"),
                  426},
        Malformed{"no websocket version", handshake("Sec-WebSocket-Version", ""), 426},
        Malformed{"short key", handshake("Sec-WebSocket-Key", "Sec-WebSocket-Key: abc\r\n"), 400},
        Malformed{"no key", handshake("Sec-WebSocket-Key", ""), 400},
        Malformed{"two keys", handshake("", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"),
                  400},
        Malformed{"no connection header", handshake("Connection", ""), 400},
        Malformed{"handshake without host", handshake("Host", ""), 400},
        Malformed{"unknown subprotocol", handshake("", "Sec-WebSocket-Protocol: other\r\n"), 400},
        Malformed{"name of the first protocol", handshake("", "Sec-WebSocket-Protocol: http\r\n"),
                  400},
        Malformed{
            "HTTP/1.0 handshake",
            request("GET /ws HTTP/1.0\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                    "Sec-WebSocket-Version: 13\r\n"
                    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"),
            400},
        Malformed{"POST handshake",
                  request("POST /ws HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\n"
                          "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                          "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nContent-Length: 0\r\n"),
                  400}));

// Heads that are cut, spliced and sprinkled with odd bytes. Whatever becomes of them, the server
// goes on.
// Shows: R48
TEST(RandomHttp, NeverStopsTheServer) {
  Server server;
  std::mt19937 random(4'711);
  const auto below = [&](std::size_t n) {
    return static_cast<std::size_t>(random() % n);
  };
  const std::vector<std::string> seeds = {
      upgrade_request("/ws", "Sec-WebSocket-Protocol: securechat.v1\r\nX-A: b\r\n"),
      "POST /echo?a=b&c=%20 HTTP/1.1\r\nHost: a\r\nX-One: 1\r\nContent-Length: 4\r\n\r\nbody",
      "GET /a/../b//c?x&y;z=+ HTTP/1.1\r\nHost: a\r\nAccept: a\r\nAccept: b\r\nX: \r\nY:\r\n\r\n"};
  const std::string odd = "\0\r\n: \t%\x80\xFF,;?&#/.\x16H"s;
  for (int i = 0; i < 1'500; ++i) {
    std::string text = seeds[below(seeds.size())];
    if (below(4) == 0) text += seeds[below(seeds.size())];
    for (std::size_t n = below(6); n > 0; --n) {
      const std::size_t at = below(text.size());
      switch (below(4)) {
        case 0:
          text[at] = odd[below(odd.size())];
          break;
        case 1:
          text.insert(at, 1 + below(3), odd[below(odd.size())]);
          break;
        case 2:
          text.erase(at, 1 + below(5));
          break;
        default:
          text.insert(at, text.substr(below(text.size()), below(60)));
          break;
      }
    }
    RawClient client(server.port());
    client.send(text);
    ::shutdown(client.descriptor(), SHUT_WR);
    if (i % 10 == 0) client.receive_all();
  }
  RawClient good(server.port());
  EXPECT_EQ(good.get("/hello").status, 200);
  EXPECT_TRUE(server.wait_for([&](Loop& loop) { return loop.connections() <= 1; }));
}

}  // namespace
}  // namespace securechat::net
