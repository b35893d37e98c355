#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "net/server.h"
#include "net/tls_client.h"

namespace securechat::net {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

class Tls : public testing::TestWithParam<bool> {
 protected:
  // OpenSSL of the client writes with write().
  static void SetUpTestSuite() { ::signal(SIGPIPE, SIG_IGN); }
  static void TearDownTestSuite() { ::signal(SIGPIPE, SIG_DFL); }
  LoopOptions options() {
    LoopOptions options;
    options.force_poll = GetParam();
    options.tls.cert_path = certificate.cert();
    options.tls.key_path = certificate.key();
    return options;
  }
  Certificate certificate;
};

INSTANTIATE_TEST_SUITE_P(Loops, Tls, testing::Values(false, true),
                         [](const auto& loop) { return loop.param ? "Poll" : "Libuv"; });

// Shows: S37
TEST_P(Tls, HttpAndWebSocket) {
  Server server(options());
  TlsClient client(server.port());
  ASSERT_TRUE(client.connected());
  EXPECT_EQ(client.version(), "TLSv1.3");
  EXPECT_EQ(client.get("/hello").body, "hello");
  EXPECT_EQ(client.get("/late/30").body, "late");
  client.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nbody");
  EXPECT_EQ(client.read_answer().body, "body");
  EXPECT_EQ(client.upgrade("/ws").status, 101);
  client.send_text("hello");
  EXPECT_EQ(client.read_message()->payload, "hello");
  client.send_text(std::string(16'000, 'x'));
  EXPECT_EQ(client.read_message()->payload.size(), 16'000U);
  client.send_text("close please");
  EXPECT_EQ(client.read_message()->close_code(), 4000U);
  client.send_close(4000);
  EXPECT_TRUE(client.closed_by_peer());
}

// Shows: R73
TEST_P(Tls, Versions) {
  Server server(options());
  EXPECT_FALSE(TlsClient(server.port(), TLS1_1_VERSION).connected());
  TlsClient old(server.port(), TLS1_2_VERSION);
  ASSERT_TRUE(old.connected());
  EXPECT_EQ(old.version(), "TLSv1.2");
  EXPECT_EQ(old.get("/hello").body, "hello");
}

// A client that believes no authority at all: it gives up in the middle, with an alert.
class Distrustful : public RawClient {
 public:
  explicit Distrustful(std::uint16_t port) : RawClient(port) {
    SSL_CTX* context = SSL_CTX_new(TLS_client_method());
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
    SSL* ssl = SSL_new(context);
    SSL_set_fd(ssl, descriptor());
    EXPECT_LE(SSL_connect(ssl), 0);
    receive_all();  // Else closing resets the connection, and the alert is lost.
    SSL_free(ssl);
    SSL_CTX_free(context);
  }
};

// What is held against an address: neither what cost nothing nor that it does not trust us.
// Shows: R75
TEST_P(Tls, FaultsSayWhetherTheyCount) {
  std::vector<std::pair<std::string, bool>> faults;  // The loop's thread's.
  LoopOptions watched = options();
  watched.on_tls_fault = [&faults](const TlsFault& fault) {
    EXPECT_TRUE(fault.peer.is_loopback());
    faults.emplace_back(fault.reason, fault.counts);
  };
  Server server(watched);
  std::size_t seen = 0;
  const auto next = [&] {
    ++seen;
    EXPECT_TRUE(server.wait_for([&](Loop&) { return faults.size() == seen; }));
    std::pair<std::string, bool> last;
    server.run([&](Loop&) {
      if (!faults.empty()) last = faults.back();
    });
    return last;
  };
  const auto said = [&](std::string_view bytes) {
    RawClient client(server.port());
    client.send(bytes);
    client.receive_all();  // An alert, perhaps.
    return next();
  };
  using Fault = std::pair<std::string, bool>;
  EXPECT_EQ(said("GET / HTTP/1.1\r\nHost: a\r\n\r\n"), (Fault{"http request", false}));
  EXPECT_EQ(said("SSH-2.0-OpenSSH_9.2\r\n"), (Fault{"wrong version number", false}));
  EXPECT_FALSE(TlsClient(server.port(), TLS1_1_VERSION).connected());
  EXPECT_EQ(next(), (Fault{"unsupported protocol", false}));
  { const Distrustful client(server.port()); }
  EXPECT_EQ(next(), (Fault{"tlsv1 alert unknown ca", false}));
  const Fault broken = said(std::string_view("\x16\x03\x01\0\x09\xffnonsense", 14));
  EXPECT_TRUE(broken.second) << broken.first;
}

// Shows: R74
TEST_P(Tls, AlpnIsHttp11Only) {
  Server server(options());
  TlsClient both(server.port(), TLS1_3_VERSION, "\x02h2\x08http/1.1");
  ASSERT_TRUE(both.connected());
  EXPECT_EQ(both.alpn(), "http/1.1");
  EXPECT_EQ(both.get("/hello").body, "hello");
}

TEST_P(Tls, LargeAnswerAndRefusals) {
  Server server(options());
  TlsClient client(server.port());
  client.send("GET /big/2000000 HTTP/1.1\r\nHost: a\r\n\r\n");
  std::this_thread::sleep_for(milliseconds(100));
  EXPECT_EQ(client.read_answer().body.size(), 2'000'000U);
  EXPECT_EQ(client.get("/hello", "Transfer-Encoding: chunked\r\n").status, 501);
  EXPECT_TRUE(client.closed_by_peer());
  TlsClient refused(server.port());
  EXPECT_EQ(refused.upgrade("/refuse").status, 403);
  EXPECT_TRUE(refused.closed_by_peer());
  TlsClient large(server.port());
  large.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n");
  EXPECT_EQ(large.read_answer().status, 413);
  EXPECT_TRUE(large.closed_by_peer());
}

TEST_P(Tls, SlowReaderSeesEveryFrame) {
  LoopOptions slow = options();
  slow.limits.send_queue = 50'000'000;
  Server server(slow);
  TlsClient client(server.port(), TLS1_3_VERSION, "", nullptr, 4'096);
  EXPECT_EQ(client.upgrade("/ws").status, 101);
  constexpr int kFrames = 300;
  for (int i = 0; i < kFrames; ++i) {
    server.run([&](Loop&) {
      for (Socket* socket : server.sockets) {
        std::string payload(20'000, 'x');
        payload.replace(0, 6, std::to_string(100'000 + i));
        socket->send(make_frame(Opcode::kText, payload));
      }
    });
    if (i % 50 == 0) client.send_frame(9, "ping");
  }
  for (int i = 0; i < kFrames; ++i) {
    const auto frame = client.read_message();
    ASSERT_TRUE(frame) << i;
    ASSERT_EQ(frame->payload.substr(0, 6), std::to_string(100'000 + i));
  }
}

TEST_P(Tls, ClosingAndFaults) {
  struct Row {
    std::string sent;
    unsigned code;
  };
  const std::vector<Row> rows = {
      {client_frame(8, "\x03\xE9"), 1001},
      {client_frame(3, "x"), 1002},
      {"\x89\xFE" + std::string(100, 'x'), 1002},
      {client_frame(1, "\xFF"), 1007},
  };
  Server server(options());
  for (const Row& row : rows) {
    TlsClient client(server.port());
    ASSERT_TRUE(client.connected());
    ASSERT_EQ(client.upgrade("/ws").status, 101);
    const auto start = steady_clock::now();
    client.send(client_frame(1, "before") + row.sent);
    EXPECT_EQ(client.read_message()->payload, "before");
    const auto frame = client.read_message();
    ASSERT_TRUE(frame);
    EXPECT_EQ(frame->opcode, 8U);
    EXPECT_EQ(frame->close_code(), row.code);
    EXPECT_EQ(client.receive_all(), "");
    EXPECT_LT(steady_clock::now() - start, milliseconds(500));
  }
}

// Shows: R75
TEST_P(Tls, HalfHandshakeTimesOut) {
  LoopOptions timeouts = options();
  timeouts.limits.head_timeout_ms = 300;
  Server server(timeouts);
  for (const std::string& start : {std::string(), std::string("\x16\x03\x01\x02\x00\x01", 6)}) {
    RawClient client(server.port());
    const auto begin = steady_clock::now();
    client.send(start);
    EXPECT_TRUE(client.closed_by_peer());
    EXPECT_GE(steady_clock::now() - begin, milliseconds(280));
    EXPECT_LT(steady_clock::now() - begin, milliseconds(900));
  }
  TlsClient silent(server.port());
  ASSERT_TRUE(silent.connected());
  const auto begin = steady_clock::now();
  EXPECT_TRUE(silent.closed_by_peer());
  EXPECT_LT(steady_clock::now() - begin, milliseconds(900));
}

// Shows: R5
TEST_P(Tls, PlainHttpIsNotAnswered) {
  Server server(options());
  RawClient client(server.port());
  client.send("GET /hello HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(client.receive_all().find("hello"), std::string::npos);
}

TEST_P(Tls, ClientCertificate) {
  LoopOptions mutual = options();
  mutual.tls.client_ca_path = certificate.cert();
  Server server(mutual);
  TlsClient without(server.port());
  without.send("GET /hello HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(without.read_answer().status, 0);
  const Certificate stranger;
  TlsClient wrong(server.port(), TLS1_3_VERSION, "", &stranger);
  wrong.send("GET /hello HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(wrong.read_answer().status, 0);
  TlsClient known(server.port(), TLS1_3_VERSION, "", &certificate);
  EXPECT_EQ(known.get("/hello").body, "hello");
}

// Shows: R76
TEST_P(Tls, FaultsOfTheFilesAreNamed) {
  const SystemClock clock;
  Logger log(clock, LogFormat::kText, LogLevel::kError);
  Server handler;
  LoopOptions bad = options();
  bad.tls.key_path.clear();
  EXPECT_EQ(Loop::create(bad, handler, {}, clock, log).code(), Code::kTls);
  bad = options();
  bad.tls.cert_path = "/nowhere.pem";
  const auto missing = Loop::create(bad, handler, {}, clock, log);
  EXPECT_EQ(missing.code(), Code::kTls);
  EXPECT_NE(missing.message().find("tls.cert"), std::string::npos);
  const Certificate other;
  bad = options();
  bad.tls.key_path = other.key();
  EXPECT_EQ(Loop::create(bad, handler, {}, clock, log).code(), Code::kTls);
  ::chmod(certificate.key().c_str(), 0644);
  const auto open = Loop::create(options(), handler, {}, clock, log);
  EXPECT_NE(open.message().find("chmod 600"), std::string::npos) << open.message();
}

// The peer resets while we write: OpenSSL uses write(), and SIGPIPE has its default here.
// Shows: R105
TEST_P(Tls, NoSigpipe) {
  Server server(options());
  ::signal(SIGPIPE, SIG_DFL);
  for (int i = 0; i < 20; ++i) {
    auto client = std::make_unique<TlsClient>(server.port());
    ASSERT_EQ(client->upgrade("/ws").status, 101);
    client->reset();
    server.run([&](Loop&) {
      for (Socket* socket : server.sockets) {
        for (int n = 0; n < 20; ++n) {
          socket->send(make_frame(Opcode::kText, std::string(50'000, 'x')));
        }
      }
    });
    ::signal(SIGPIPE, SIG_IGN);
    client.reset();
    ::signal(SIGPIPE, SIG_DFL);
  }
  ::signal(SIGPIPE, SIG_IGN);
}

TEST_P(Tls, NothingIsLeftOfAFailedLife) {
  for (int i = 0; i < 5; ++i) {
    Server server(options());
    TlsClient client(server.port());
    EXPECT_EQ(client.upgrade("/ws").status, 101);
    RawClient half(server.port());
    half.send("\x16\x03");
    server.stop();
  }
}

}  // namespace
}  // namespace securechat::net
