#include <gtest/gtest.h>
#include <libwebsockets.h>
#include <sys/socket.h>

#include <chrono>
#include <string>
#include <thread>

#include "net/client.h"
#include "net/server.h"

namespace securechat::net {
namespace {

LoopOptions options(bool poll) {
  LoopOptions options;
  options.force_poll = poll;
  return options;
}

std::string post(const std::string& path, const std::string& body,
                 const std::string& headers = "") {
  return "POST " + path + " HTTP/1.1\r\nHost: a\r\n" + headers +
         "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

class Http : public testing::TestWithParam<bool> {
 protected:
  Server server{options(GetParam())};
};

INSTANTIATE_TEST_SUITE_P(Loops, Http, testing::Values(false, true),
                         [](const auto& loop) { return loop.param ? "Poll" : "Libuv"; });

TEST_P(Http, RunsOnTheAskedLoop) {
  server.run([](Loop& loop) { EXPECT_NE(loop.uses_libuv(), GetParam()); });
}

TEST_P(Http, GetAndKeepAlive) {
  RawClient client(server.port());
  for (int i = 0; i < 5; ++i) {
    const HttpAnswer answer = client.get("/hello");
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.body, "hello");
    EXPECT_EQ(answer.header("X-Content-Type-Options"), "nosniff");
    EXPECT_EQ(answer.header("Server"), "");
    EXPECT_EQ(answer.header("Connection"), "");
  }
  EXPECT_EQ(client.get("/nothing").status, 404);
  EXPECT_EQ(client.get("/nocontent").status, 204);
  EXPECT_EQ(client.get("/hello").body, "hello");
}

TEST_P(Http, HeadHasNoBody) {
  RawClient client(server.port());
  client.send("HEAD /hello HTTP/1.1\r\nHost: a\r\n\r\n");
  const HttpAnswer answer = client.read_answer(true);
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.header("Content-Length"), "5");
  EXPECT_EQ(client.get("/hello").body, "hello");
}

TEST_P(Http, Post) {
  RawClient client(server.port());
  for (const std::size_t size : {0U, 1U, 10U, 5'000U, 10'240U}) {
    const std::string body(size, 'b');
    client.send(post("/echo", body));
    EXPECT_EQ(client.read_answer().body, body) << size;
  }
}

TEST_P(Http, PostInPieces) {
  RawClient client(server.port());
  const std::string request = post("/echo", "the body");
  for (int round = 0; round < 2; ++round) {
    for (const char c : request) {
      ASSERT_TRUE(client.send(std::string(1, c)));
      std::this_thread::sleep_for(std::chrono::microseconds(300));
    }
    EXPECT_EQ(client.read_answer().body, "the body");
  }
}

TEST_P(Http, LargePost) {
  RawClient client(server.port());
  const std::string body(900'000, 'z');
  client.send(post("/large", body));
  EXPECT_EQ(client.read_answer().body, body);
}

TEST_P(Http, OtherMethodsWithABody) {
  RawClient client(server.port());
  for (const std::string method : {"PUT", "PATCH", "DELETE"}) {
    client.send(method + " /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc");
    EXPECT_EQ(client.read_answer().body, "abc") << method;
    client.send(method + " /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n");
    EXPECT_EQ(client.read_answer().status, 200) << method;
  }
  client.send("OPTIONS /hello HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(client.read_answer().status, 200);
}

TEST_P(Http, PostWithoutALengthIsEmptyAndTheLast) {
  RawClient client(server.port());
  client.send("POST /echo HTTP/1.1\r\nHost: a\r\n\r\n");
  const HttpAnswer answer = client.read_answer();
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.header("Connection"), "close");
  EXPECT_TRUE(client.closed_by_peer());
}

// Shows: R56
TEST_P(Http, TooLargeBodyIsRefusedOnItsDeclaredLength) {
  RawClient client(server.port());
  client.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 10241\r\n\r\n");
  EXPECT_EQ(client.read_answer().status, 413);
  EXPECT_TRUE(client.closed_by_peer());
}

TEST_P(Http, TooLargeBodyThatIsSentAnyway) {
  for (int i = 0; i < 10; ++i) {
    RawClient client(server.port());
    client.send(post("/echo", std::string(200'000, 'x')));
    EXPECT_EQ(client.read_answer().status, 413);
    EXPECT_TRUE(client.closed_by_peer());
  }
}

TEST_P(Http, ExpectContinue) {
  RawClient client(server.port());
  client.send(
      "POST /echo HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
  EXPECT_EQ(client.receive_until("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
  client.send("ok");
  EXPECT_EQ(client.read_answer().body, "ok");
}

TEST_P(Http, ConnectionClose) {
  RawClient client(server.port());
  const HttpAnswer answer = client.get("/hello", "Connection: close\r\n");
  EXPECT_EQ(answer.body, "hello");
  EXPECT_EQ(answer.header("Connection"), "close");
  EXPECT_TRUE(client.closed_by_peer());
  RawClient old(server.port());
  old.send("GET /late/50 HTTP/1.0\r\nHost: a\r\n\r\n");
  EXPECT_EQ(old.read_answer().body, "late");
  EXPECT_TRUE(old.closed_by_peer());
}

TEST_P(Http, LargeAnswerToASlowReader) {
  RawClient client(server.port(), 8'192);
  client.send("GET /big/3000000 HTTP/1.1\r\nHost: a\r\n\r\n");
  std::this_thread::sleep_for(std::chrono::milliseconds(200));
  const int turns = server.turns;
  std::this_thread::sleep_for(std::chrono::milliseconds(100));
  EXPECT_LT(server.turns - turns, 20) << "the loop spins while a reader is slow";
  const HttpAnswer answer = client.read_answer();
  ASSERT_EQ(answer.body.size(), 3'000'000U);
  EXPECT_EQ(answer.body.substr(26, 26), "abcdefghijklmnopqrstuvwxyz");
  EXPECT_EQ(client.get("/hello").body, "hello");
}

TEST_P(Http, PipelinedRequestsAreAnsweredInOrder) {
  RawClient client(server.port());
  client.send(
      "GET /late/100 HTTP/1.1\r\nHost: a\r\n\r\n"
      "GET /hello HTTP/1.1\r\nHost: a\r\n\r\n"
      "GET /late/20 HTTP/1.1\r\nHost: a\r\n\r\n"
      "GET /hello HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(client.read_answer().body, "late");
  EXPECT_EQ(client.read_answer().body, "hello");
  EXPECT_EQ(client.read_answer().body, "late");
  EXPECT_EQ(client.read_answer().body, "hello");
  EXPECT_EQ(client.get("/hello").body, "hello");
}

// Shows: R72
TEST_P(Http, TooDeepPipelineEnds) {
  RawClient client(server.port());
  std::string requests;
  for (int i = 0; i < 40; ++i) requests += "GET /late/50 HTTP/1.1\r\nHost: a\r\n\r\n";
  client.send(requests);
  int answers = 0;
  while (client.read_answer().status == 200) ++answers;
  EXPECT_EQ(answers, 16);
}

// libwebsockets 4.1 would take the head for the body, and then loop for ever.
// Shows: R4
TEST_P(Http, PipelinedBodyIsRefused) {
  const std::string get = "GET /hello HTTP/1.1\r\nHost: a\r\n\r\n";
  for (const std::string& second :
       {post("/echo", "the right body"), post("/echo", std::string(10'000, 'x')),
        post("/echo", std::string(20'000, 'x')), post("/echo", "bad", "Host: b\r\n"),
        std::string("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 3x\r\n\r\nabc"),
        std::string("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: -5\r\n\r\nabc"),
        std::string("GET /hello HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc")}) {
    for (const bool half_close : {false, true}) {
      RawClient client(server.port());
      client.send(get + second);
      if (half_close) ::shutdown(client.descriptor(), SHUT_WR);
      EXPECT_EQ(client.read_answer().body, "hello");
      EXPECT_EQ(client.read_answer().status, 400);
      EXPECT_TRUE(client.closed_by_peer());
    }
  }
  RawClient client(server.port());
  client.send(get);
  EXPECT_EQ(client.read_answer().body, "hello");
  client.send(post("/echo", "not pipelined"));
  EXPECT_EQ(client.read_answer().body, "not pipelined");
  client.send(get + "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n");
  EXPECT_EQ(client.read_answer().body, "hello");
  EXPECT_EQ(client.read_answer().status, 200);
  const std::string split = post("/echo", "half of the head came before");
  client.send(get + split.substr(0, 30));
  EXPECT_EQ(client.read_answer().body, "hello");
  client.send(split.substr(30));
  EXPECT_EQ(client.read_answer().body, "half of the head came before");
}

TEST_P(Http, PostThenPipelinedGet) {
  RawClient client(server.port());
  client.send(post("/echo", "first") + "GET /hello HTTP/1.1\r\nHost: a\r\n\r\n");
  const HttpAnswer first = client.read_answer();
  EXPECT_EQ(first.body, "first");
#if LWS_LIBRARY_VERSION_NUMBER >= 4003000
  // libwebsockets takes the second request for body; its peer is told to ask again.
  EXPECT_EQ(first.header("Connection"), "close");
  EXPECT_TRUE(client.closed_by_peer());
#else
  EXPECT_EQ(first.header("Connection"), "");
  EXPECT_EQ(client.read_answer().body, "hello");
#endif
}

TEST_P(Http, PostsOneAfterAnotherOnAKeptConnection) {
  RawClient client(server.port());
  for (const std::string body : {"first", "second", "third"}) {
    client.send(post("/echo", body));
    EXPECT_EQ(client.read_answer().body, body);
  }
  EXPECT_EQ(client.get("/hello").body, "hello");
}

TEST_P(Http, WaitingForAnAnswerDoesNotSpin) {
  RawClient client(server.port());
  client.send("GET /never HTTP/1.1\r\nHost: a\r\n\r\nGET /never HTTP/1.1\r\nHost: a\r\n\r\n");
  RawClient closing(server.port());
  closing.send("GET /never HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\nand something more");
  ASSERT_TRUE(server.wait_for([&](Loop&) { return server.never.size() == 3; }));
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  const int turns = server.turns;
  std::this_thread::sleep_for(std::chrono::milliseconds(200));
  if (!GetParam()) {  // The poll loop of libwebsockets does not sleep with bytes in its buffer.
    EXPECT_LT(server.turns - turns, 20);
  }
}

TEST_P(Http, PeerThatLeavesWhileWaiting) {
  for (const std::string headers : {"", "Connection: close\r\n"}) {
    RawClient client(server.port());
    client.send("GET /never HTTP/1.1\r\nHost: a\r\n" + headers + "\r\n");
    ASSERT_TRUE(server.wait_for([&](Loop&) { return server.never.size() == 1; }));
    client.close();
    EXPECT_TRUE(server.wait_for([&](Loop&) { return server.gone.size() == 1; })) << headers;
    server.run([&](Loop& loop) {
      EXPECT_EQ(server.gone, server.never);
      loop.answer(server.never.front(), {});  // Too late, and ignored.
      loop.answer(4'711, {});
      server.gone.clear();
      server.never.clear();
    });
    EXPECT_TRUE(server.wait_for([](Loop& loop) { return loop.connections() == 0; }));
  }
}

TEST_P(Http, HeadReachesTheHandlerWhole) {
  RawClient client(server.port());
  const HttpAnswer answer = client.get(
      "/head?a=1&b=x%20y+z&c=%26",
      "Accept: */*\r\nSec-Fetch-Site: same-origin\r\nX-One: 1\r\nX-Forwarded-For: 1.2.3.4\r\n"
      "Accept: text/html\r\nX-Two:  two words \r\nEmpty:\r\nAccept-Language:\r\nX-Three: 3\r\n");
  ASSERT_EQ(answer.status, 200);
  const std::string& body = answer.body;
  EXPECT_EQ(body.substr(0, body.find('\n')), "GET /head?a=1&b=x%20y%20z&c=%26 127.0.0.1");
  for (const std::string line :
       {"host=localhost", "accept=*/*,text/html", "sec-fetch-site=same-origin", "x-one=1",
        "x-forwarded-for=1.2.3.4", "x-two=two words ", "empty=", "accept-language=", "x-three=3"}) {
    EXPECT_NE((body + "\n").find("\n" + line + "\n"), std::string::npos) << line << "\n" << body;
  }
}

TEST_P(Http, PathIsDecodedAndNormalised) {
  RawClient client(server.port());
  EXPECT_EQ(client.get("/x/../h%65llo").body, "hello");
  EXPECT_EQ(client.get("/%2e%2e/hello").body, "hello");
}

TEST_P(Http, CloseIdleEndsKeptConnectionsOnly) {
  RawClient idle(server.port());
  EXPECT_EQ(idle.get("/hello").status, 200);
  RawClient waiting(server.port());
  waiting.send("GET /late/300 HTTP/1.1\r\nHost: a\r\n\r\n");
  RawClient socket(server.port());
  EXPECT_EQ(socket.upgrade("/ws").status, 101);
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  server.run([](Loop& loop) { loop.close_idle(); });
  EXPECT_TRUE(idle.closed_by_peer());
  EXPECT_EQ(waiting.read_answer().body, "late");
  socket.send_text("still there");
  EXPECT_EQ(socket.read_message()->payload, "still there");
}

}  // namespace
}  // namespace securechat::net
