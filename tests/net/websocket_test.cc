#include <gtest/gtest.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <algorithm>
#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include "net/client.h"
#include "net/server.h"

namespace securechat::net {
namespace {

using namespace std::string_literals;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

LoopOptions options(bool poll) {
  LoopOptions options;
  options.force_poll = poll;
  return options;
}

std::string name_of(int descriptor, decltype(::getsockname)* ask) {
  sockaddr_in address = {};
  socklen_t size = sizeof address;
  if (ask(descriptor, reinterpret_cast<sockaddr*>(&address), &size) != 0) return {};
  return {reinterpret_cast<const char*>(&address), size};
}

bool is_other_end(int descriptor, int end) {
  const std::string peer = name_of(descriptor, ::getpeername);
  return !peer.empty() && peer == name_of(end, ::getsockname);
}

class WebSocket : public testing::TestWithParam<bool> {
 protected:
  bool closed_with(CloseCause cause) {
    return server.wait_for([&](Loop&) {
      return server.causes == std::vector<CloseCause>{cause} && server.sockets.empty();
    });
  }

  Server server{options(GetParam())};
};

INSTANTIATE_TEST_SUITE_P(Loops, WebSocket, testing::Values(false, true),
                         [](const auto& loop) { return loop.param ? "Poll" : "Libuv"; });

TEST_P(WebSocket, Handshake) {
  RawClient client(server.port());
  const HttpAnswer answer = client.upgrade("/ws");
  EXPECT_EQ(answer.status, 101);
  EXPECT_EQ(answer.header("Sec-WebSocket-Accept"), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
  EXPECT_EQ(answer.header("Sec-WebSocket-Protocol"), "");
  EXPECT_EQ(answer.header("X-Content-Type-Options"), "nosniff");
}

tcp_info info_of(const RawClient& client) {
  tcp_info info = {};
  socklen_t size = sizeof info;
  ::getsockopt(client.descriptor(), IPPROTO_TCP, TCP_INFO, &info, &size);
  return info;
}

TEST_P(WebSocket, WhatIsSaidFirstComesWithTheAnswer) {
  server.on_open = [](Socket& socket) {
    socket.send(make_frame(Opcode::kText, "one"));
    socket.send(make_frame(Opcode::kText, "two"));
  };
  RawClient client(server.port());
  EXPECT_EQ(client.upgrade("/ws").status, 101);
  EXPECT_EQ(client.read_frame()->payload, "one");
  EXPECT_EQ(client.read_frame()->payload, "two");
  EXPECT_EQ(info_of(client).tcpi_data_segs_in, 1U);
  // From then on nothing is held back.
  EXPECT_TRUE(client.send_text("three"));
  EXPECT_EQ(client.read_frame()->payload, "three");
  EXPECT_EQ(info_of(client).tcpi_data_segs_in, 2U);
  int held_back = -1;
  server.run([&](Loop&) {
    int ours = -1;
    for (int descriptor = 3; descriptor < client.descriptor() + 50; ++descriptor) {
      if (is_other_end(descriptor, client.descriptor())) ours = descriptor;
    }
    socklen_t size = sizeof held_back;
    EXPECT_EQ(::getsockopt(ours, IPPROTO_TCP, TCP_CORK, &held_back, &size), 0);
  });
  EXPECT_EQ(held_back, 0);
}

TEST_P(WebSocket, SubprotocolIsEchoed) {
  RawClient client(server.port());
  const HttpAnswer answer =
      client.upgrade("/ws", "Sec-WebSocket-Protocol: other, securechat.v1\r\n");
  EXPECT_EQ(answer.status, 101);
  EXPECT_EQ(answer.header("Sec-WebSocket-Protocol"), "securechat.v1");
}

// Shows: R61
TEST_P(WebSocket, NoExtensionIsNegotiated) {
  RawClient client(server.port());
  const HttpAnswer answer =
      client.upgrade("/ws", "Sec-WebSocket-Extensions: permessage-deflate\r\n");
  EXPECT_EQ(answer.status, 101);
  EXPECT_EQ(answer.header("Sec-WebSocket-Extensions"), "");
}

// libwebsockets hangs up when it reads more than 254 bytes of offers.
TEST_P(WebSocket, ALongListOfExtensionsIsPassedOver) {
  for (const std::size_t size : {254U, 255U, 300U, 380U}) {
    RawClient client(server.port());
    const HttpAnswer answer =
        client.upgrade("/ws", "Sec-WebSocket-Extensions: x;" + std::string(size - 2, 'y') + "\r\n");
    ASSERT_EQ(answer.status, 101) << size;
    EXPECT_EQ(answer.header("Sec-WebSocket-Extensions"), "");
    client.send_text("x");
    EXPECT_EQ(client.read_message()->payload, "x");
  }
}

TEST_P(WebSocket, ATooLongListOfExtensionsIsRefused) {
  const std::string half = "Sec-WebSocket-Extensions: x;" + std::string(140, 'y') + "\r\n";
  const std::string whole = "Sec-WebSocket-Extensions: x;" + std::string(379, 'y') + "\r\n";
  for (const std::string& headers :
       {whole, half + half + half, "Sec-WebSocket-Extensions: x\r\n" + half + half}) {
    RawClient client(server.port());
    EXPECT_EQ(client.upgrade("/ws", headers).status, 400);
  }
}

TEST_P(WebSocket, RefusedByTheHandler) {
  RawClient client(server.port());
  const HttpAnswer answer = client.upgrade("/refuse");
  EXPECT_EQ(answer.status, 403);
  EXPECT_EQ(answer.body, "no");
  EXPECT_TRUE(client.closed_by_peer());
}

TEST_P(WebSocket, UpgradeOfAKeptConnection) {
  RawClient client(server.port());
  EXPECT_EQ(client.get("/hello").body, "hello");
  EXPECT_EQ(client.upgrade("/ws").status, 101);
  client.send_text("x");
  EXPECT_EQ(client.read_message()->payload, "x");
}

TEST_P(WebSocket, FramesRightBehindTheHandshake) {
  RawClient client(server.port());
  client.send(upgrade_request("/ws") + client_frame(1, "one") + client_frame(1, "two"));
  EXPECT_EQ(client.read_answer().status, 101);
  EXPECT_EQ(client.read_message()->payload, "one");
  EXPECT_EQ(client.read_message()->payload, "two");
}

TEST_P(WebSocket, EchoOfAllSizes) {
  server.payload_limit = 1'000'000;
  RawClient client(server.port());
  client.upgrade("/ws");
  for (const std::size_t size :
       {0U, 1U, 125U, 126U, 1'023U, 1'024U, 1'025U, 65'535U, 65'536U, 900'000U}) {
    for (const unsigned opcode : {1U, 2U}) {
      const std::string payload(size, 'p');
      std::thread writer([&] { client.send_frame(opcode, payload); });
      const auto frame = client.read_message();
      writer.join();
      ASSERT_TRUE(frame) << size;
      EXPECT_EQ(frame->opcode, opcode);
      EXPECT_EQ(frame->payload, payload) << size;
    }
  }
}

TEST_P(WebSocket, Fragments) {
  RawClient client(server.port());
  client.upgrade("/ws");
  client.send_frame(1, "gr\xC3", false);
  client.send_frame(9, "ping between");
  client.send_frame(0, "", false);
  client.send_frame(0, "\xBC\xC3\x9F", false);
  client.send_frame(0, "e", true);
  EXPECT_EQ(client.read_message()->payload,
            "gr\xC3\xBC\xC3\x9F"
            "e");
  client.send_frame(2, "a", false);
  client.send_frame(0, "", true);
  const auto binary = client.read_message();
  EXPECT_EQ(binary->opcode, 2U);
  EXPECT_EQ(binary->payload, "a");
}

// Shows: R59
TEST_P(WebSocket, TooManyFragments) {
  RawClient client(server.port());
  client.upgrade("/ws");
  client.send_frame(1, "x", false);
  for (int i = 0; i < 298; ++i) client.send_frame(0, "x", false);
  client.send_frame(0, "x", true);
  const auto frame = client.read_message();
  ASSERT_TRUE(frame);
  EXPECT_EQ(frame->opcode, 8U);
  EXPECT_EQ(frame->close_code(), 1008U);
  EXPECT_TRUE(closed_with(CloseCause::kProtocolError));
}

TEST_P(WebSocket, TooBig) {
  RawClient client(server.port());
  client.upgrade("/ws");
  client.send_text(std::string(16'385, 'x'));
  const auto frame = client.read_message();
  ASSERT_TRUE(frame);
  EXPECT_EQ(frame->close_code(), 1009U);
  client.send_close(1009);
  EXPECT_TRUE(client.closed_by_peer());
  EXPECT_TRUE(closed_with(CloseCause::kTooBig));
}

// Shows: R58
TEST_P(WebSocket, TooBigByItsDeclaredLength) {
  RawClient client(server.port());
  client.upgrade("/ws");
  client.send("\x81\xFF\x7F\xFF\xFF\xFF\xFF\xFF\xFF\xFF\0\0\0\0start"s);
  const auto frame = client.read_message();
  ASSERT_TRUE(frame);
  EXPECT_EQ(frame->close_code(), 1009U);
  EXPECT_TRUE(closed_with(CloseCause::kTooBig));
  server.run([&](Loop&) { EXPECT_EQ(server.messages, 0U); });
}

// Shows: R58
TEST_P(WebSocket, TooBigInFragments) {
  RawClient client(server.port());
  client.upgrade("/ws");
  client.send_frame(1, std::string(10'000, 'x'), false);
  client.send_frame(0, std::string(10'000, 'x'), true);
  EXPECT_EQ(client.read_message()->close_code(), 1009U);
  EXPECT_TRUE(closed_with(CloseCause::kTooBig));
}

TEST_P(WebSocket, PayloadLimitMayRise) {
  server.on_open = [](Socket& socket) {
    socket.set_payload_limit(100'000);
  };
  RawClient client(server.port());
  client.upgrade("/ws");
  client.send_text(std::string(50'000, 'x'));
  EXPECT_EQ(client.read_message()->payload.size(), 50'000U);
}

TEST_P(WebSocket, BrokenFramesAreClosed) {
  struct Broken {
    std::string bytes;
    unsigned code;
  };
  const std::vector<Broken> broken = {
      {client_frame(1, "\xFF\xFE"), 1007},  // Not UTF-8.
      {client_frame(1, "\xC3"), 1007},      // Half a character.
      {client_frame(3, "x"), 1002},         // A reserved opcode.
      {client_frame(0, "x"), 1002},         // A lone continuation.
      {client_frame(9, "x", false), 1002},  // A fragmented ping.
      {client_frame(1, "x", false) + client_frame(1, "y"), 1002},
      {"\xC1" + client_frame(1, "x").substr(1), 1002},  // RSV1 without an extension.
  };
  for (const Broken& b : broken) {
    RawClient client(server.port());
    client.upgrade("/ws");
    client.send(b.bytes);
    const auto frame = client.read_message();
    ASSERT_TRUE(frame);
    EXPECT_EQ(frame->opcode, 8U);
    EXPECT_EQ(frame->close_code(), b.code);
    client.send_close(b.code);
    EXPECT_TRUE(client.closed_by_peer());
    EXPECT_TRUE(closed_with(CloseCause::kProtocolError));
    server.run([&](Loop&) { server.causes.clear(); });
  }
}

TEST_P(WebSocket, PingsAndPongs) {
  RawClient client(server.port());
  client.upgrade("/ws");
  client.send_frame(9, "are you there");
  auto frame = client.read_frame();
  ASSERT_TRUE(frame);
  EXPECT_EQ(frame->opcode, 10U);
  EXPECT_EQ(frame->payload, "are you there");
  server.run([&](Loop&) {
    for (Socket* socket : server.sockets) socket->send(make_frame(Opcode::kPing, "and you"));
  });
  frame = client.read_frame();
  ASSERT_TRUE(frame);
  EXPECT_EQ(frame->opcode, 9U);
  client.send_frame(10, frame->payload);
  EXPECT_TRUE(server.wait_for([&](Loop&) { return server.pongs == 1; }));
  client.send_frame(10, "");
  client.send_text("after the pong");
  EXPECT_EQ(client.read_message()->payload, "after the pong");
}

TEST_P(WebSocket, ClosedByThePeer) {
  RawClient client(server.port());
  client.upgrade("/ws");
  client.send_close(1000);
  const auto frame = client.read_frame();
  ASSERT_TRUE(frame);
  EXPECT_EQ(frame->opcode, 8U);
  EXPECT_EQ(frame->close_code(), 1000U);
  EXPECT_TRUE(client.closed_by_peer());
  EXPECT_TRUE(closed_with(CloseCause::kPeerClosed));
}

TEST_P(WebSocket, LeftWithoutAWord) {
  for (const bool reset : {false, true}) {
    RawClient client(server.port());
    client.upgrade("/ws");
    reset ? client.reset() : client.close();
    EXPECT_TRUE(closed_with(CloseCause::kPeerClosed));
    server.run([&](Loop&) { server.causes.clear(); });
  }
  EXPECT_TRUE(server.wait_for([](Loop& loop) { return loop.connections() == 0; }));
}

TEST_P(WebSocket, ClosedByUs) {
  RawClient client(server.port());
  client.upgrade("/ws");
  client.send_text("one");
  client.send_text("close please");
  client.send_text("not heard any more");
  EXPECT_EQ(client.read_message()->payload, "one");
  const auto frame = client.read_message();
  ASSERT_TRUE(frame);
  EXPECT_EQ(frame->close_code(), 4000U);
  EXPECT_EQ(frame->payload.substr(2), "as you wish");
  const auto start = steady_clock::now();
  client.send_close(4000);
  EXPECT_TRUE(client.closed_by_peer());
  EXPECT_LT(steady_clock::now() - start, milliseconds(500));
  EXPECT_TRUE(closed_with(CloseCause::kLocal));
  server.run([&](Loop&) { EXPECT_EQ(server.messages, 2U); });
}

TEST_P(WebSocket, ClosedByUsAlthoughThePeerDoesNotAnswer) {
  RawClient client(server.port());
  client.upgrade("/ws");
  const auto start = steady_clock::now();
  client.send_text("close please");
  EXPECT_EQ(client.read_message()->close_code(), 4000U);
  EXPECT_TRUE(client.closed_by_peer());
  const auto took = steady_clock::now() - start;
  EXPECT_GT(took, milliseconds(800));
  EXPECT_LT(took, milliseconds(2'000));
  EXPECT_TRUE(closed_with(CloseCause::kLocal));
}

TEST_P(WebSocket, CloseFramesAreAnswered) {
  struct Row {
    std::string payload;
    std::string answer;
  };
  const std::vector<Row> rows = {
      {"", ""},
      {"x", "\x03\xEA"},                 // Half a code: 1002.
      {"\x03\xE8 reason", "\x03\xE8"},   // 1000 is answered by itself.
      {"\x03\xED", "\x03\xEA"},          // 1005 may not be sent.
      {"\x03\xE8\xFF\xFE", "\x03\xEF"},  // A reason that is not UTF-8: 1007.
      {"\x0F\xA0" + std::string(123, 'r'), "\x0F\xA0"},
  };
  for (const Row& row : rows) {
    RawClient client(server.port());
    client.upgrade("/ws");
    client.send_text("before");
    client.send_frame(8, row.payload);
    EXPECT_EQ(client.read_message()->payload, "before");
    const auto frame = client.read_message();
    ASSERT_TRUE(frame);
    EXPECT_EQ(frame->opcode, 8U);
    EXPECT_EQ(frame->payload, row.answer);
    EXPECT_TRUE(client.closed_by_peer());
    EXPECT_TRUE(closed_with(CloseCause::kPeerClosed));
    server.run([&](Loop&) { server.causes.clear(); });
  }
}

TEST_P(WebSocket, WhatIsQueuedIsSentBeforeTheCloseFrameIsAnswered) {
  server.payload_limit = 4'000'000;
  RawClient client(server.port(), 4'096);
  client.upgrade("/ws");
  const std::string payload(3'000'000, 'q');
  std::thread writer([&] {
    client.send_text(payload);
    client.send_close(1000);
  });
  writer.join();
  const auto frame = client.read_message();
  ASSERT_TRUE(frame);
  EXPECT_EQ(frame->payload.size(), payload.size());
  const auto last = client.read_message();
  ASSERT_TRUE(last);
  EXPECT_EQ(last->close_code(), 1000U);
  EXPECT_TRUE(client.closed_by_peer());
}

TEST_P(WebSocket, AFaultIsSaidBehindWhatWasQueuedAndEndsAtOnce) {
  const std::vector<std::string> faults = {
      client_frame(3, "x"),                // Found by libwebsockets.
      "\x89\xFE" + std::string(100, 'x'),  // So is this, without a close frame of its own.
      client_frame(1, "\xFF"),             // Found here.
  };
  for (const std::string& fault : faults) {
    RawClient client(server.port());
    client.upgrade("/ws");
    const auto start = steady_clock::now();
    client.send(client_frame(1, "before") + fault + client_frame(1, "after"));
    EXPECT_EQ(client.read_message()->payload, "before");
    const auto frame = client.read_message();
    ASSERT_TRUE(frame);
    EXPECT_EQ(frame->opcode, 8U);
    EXPECT_TRUE(client.closed_by_peer());  // Without an answer of ours.
    EXPECT_LT(steady_clock::now() - start, milliseconds(500));
    client.close();
    EXPECT_TRUE(closed_with(CloseCause::kProtocolError));
    server.run([&](Loop&) { server.causes.clear(); });
  }
}

TEST_P(WebSocket, APongThatComesAmongFragmentsIsNoText) {
  RawClient client(server.port());
  client.upgrade("/ws");
  client.send_frame(1, "\xC3", false);
  client.send_frame(10, "\xFF");
  client.send_frame(0, "\xA9", true);
  EXPECT_EQ(client.read_message()->payload, "\xC3\xA9");
  client.send_frame(10, "\xFF");
  EXPECT_TRUE(server.wait_for([&](Loop&) { return server.pongs == 2; }));
}

TEST_P(WebSocket, APingAmongFragmentsIsAnsweredBeforeTheMessage) {
  RawClient client(server.port());
  client.upgrade("/ws");
  client.send(client_frame(1, "a", false) + client_frame(9, "ping") + client_frame(0, "b"));
  EXPECT_EQ(client.read_frame()->payload, "ping");
  EXPECT_EQ(client.read_frame()->payload, "ab");
}

// Whatever the size of libwebsockets' buffer, what has come is answered together.
TEST_P(WebSocket, WhatHasComeIsReadInOneTurn) {
  constexpr std::size_t kMessages = 50;
  RawClient client(server.port());
  client.upgrade("/ws");
  ASSERT_TRUE(server.wait_for([&](Loop&) { return server.sockets.size() == 1; }));
  std::string frames;
  for (std::size_t i = 0; i < kMessages; ++i) {
    frames += client_frame(1, std::string(100, 'm') + std::to_string(i));
  }
  int before = 0;
  server.run([&](Loop&) {
    before = server.turns;
    client.send(frames);
    std::this_thread::sleep_for(milliseconds(20));  // The loop waits, so that all of it is there.
  });
  for (std::size_t i = 0; i < kMessages; ++i) {
    ASSERT_EQ(client.read_message()->payload, std::string(100, 'm') + std::to_string(i));
  }
  server.run([&](Loop&) { EXPECT_LE(server.turns - before, 4); });
}

// Shows: R66
TEST_P(WebSocket, OneThatNeverFallsSilentKeepsNobodyWaiting) {
  RawClient loud(server.port());
  RawClient quiet(server.port());
  loud.upgrade("/ws");
  quiet.upgrade("/ws");
  std::string frames;
  for (int i = 0; i < 2'000; ++i) frames += client_frame(1, std::string(100, 'l'));
  loud.send(frames);
  quiet.send(client_frame(1, "me too"));
  EXPECT_EQ(quiet.read_message()->payload, "me too");
}

class DescriptorLimit {
 public:
  explicit DescriptorLimit(rlim_t wanted) {
    ::getrlimit(RLIMIT_NOFILE, &before_);
    rlimit now = before_;
    now.rlim_cur = std::max(before_.rlim_cur, wanted);
    raised_ = ::setrlimit(RLIMIT_NOFILE, &now) == 0;
  }
  ~DescriptorLimit() { ::setrlimit(RLIMIT_NOFILE, &before_); }
  DescriptorLimit(const DescriptorLimit&) = delete;
  DescriptorLimit& operator=(const DescriptorLimit&) = delete;
  [[nodiscard]] bool raised() const { return raised_; }

 private:
  rlimit before_ = {};
  bool raised_ = false;
};

TEST_P(WebSocket, BroadcastToThousandSockets) {
  constexpr std::size_t kSockets = 1'000;
  const DescriptorLimit limit(3 * kSockets);  // Both ends are here, and 1024 is usual.
  if (!limit.raised()) GTEST_SKIP() << "the hard limit of open files is too low";
  Server roomy{options(GetParam())};
  std::vector<RawClient> clients;
  clients.reserve(kSockets);
  for (std::size_t i = 0; i < kSockets; ++i) {
    clients.emplace_back(roomy.port());
    ASSERT_EQ(clients.back().upgrade("/ws").status, 101) << i;
  }
  ASSERT_TRUE(roomy.wait_for([&](Loop&) { return roomy.sockets.size() == kSockets; }));
  for (int round = 0; round < 3; ++round) {
    roomy.run([&](Loop&) {
      const FrameRef first = make_frame(Opcode::kText, "to all " + std::to_string(round));
      const FrameRef second = make_frame(Opcode::kText, std::string(300, 'b'));
      for (Socket* socket : roomy.sockets) {
        socket->send(first);
        socket->send(second);
      }
    });
    for (RawClient& client : clients) {
      ASSERT_EQ(client.read_message()->payload, "to all " + std::to_string(round));
      ASSERT_EQ(client.read_message()->payload.size(), 300U);
    }
  }
  clients.clear();
  EXPECT_TRUE(roomy.wait_for([&](Loop& loop) { return loop.connections() == 0; }));
  roomy.run([&](Loop&) { EXPECT_EQ(roomy.causes.size(), kSockets); });
}

}  // namespace
}  // namespace securechat::net
