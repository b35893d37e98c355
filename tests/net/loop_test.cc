#include <dirent.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <clocale>
#include <string>
#include <thread>
#include <vector>

#include "net/client.h"
#include "net/server.h"

namespace securechat::net {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

std::size_t open_descriptors() {
  std::size_t count = 0;
  DIR* directory = ::opendir("/proc/self/fd");
  while (::readdir(directory) != nullptr) ++count;
  ::closedir(directory);
  return count;
}

rlim_t lowest_free_descriptor() {
  const int descriptor = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  ::close(descriptor);
  return static_cast<rlim_t>(descriptor);
}

class LoopTest : public testing::TestWithParam<bool> {
 protected:
  static LoopOptions options() {
    LoopOptions options;
    options.force_poll = GetParam();
    return options;
  }
};

INSTANTIATE_TEST_SUITE_P(Loops, LoopTest, testing::Values(false, true),
                         [](const auto& loop) { return loop.param ? "Poll" : "Libuv"; });

// Shows: R57
TEST_P(LoopTest, HeadTimeoutIsKept) {
  LoopOptions timeouts = options();
  timeouts.limits.head_timeout_ms = 300;
  Server server(timeouts);
  for (const std::string start : {"", "GET /hello HTTP/1.1\r\nHost", "GET /hello HTTP/1.1\r\n\r"}) {
    RawClient client(server.port());
    const auto begin = steady_clock::now();
    client.send(start);
    EXPECT_TRUE(client.closed_by_peer());
    const auto took = steady_clock::now() - begin;
    EXPECT_GE(took, milliseconds(280)) << start;
    EXPECT_LT(took, milliseconds(800)) << start;
  }
}

// Shows: R57
TEST_P(LoopTest, TricklingAHeadDoesNotExtendTheTimeout) {
  LoopOptions timeouts = options();
  timeouts.limits.head_timeout_ms = 300;
  Server server(timeouts);
  RawClient client(server.port());
  const auto begin = steady_clock::now();
  client.send("GET /hello HTTP/1.1\r\n");
  while (client.send("X: y\r\n") && steady_clock::now() - begin < milliseconds(2'000)) {
    std::this_thread::sleep_for(milliseconds(50));
  }
  EXPECT_LT(steady_clock::now() - begin, milliseconds(1'000));
}

// Shows: R57
TEST_P(LoopTest, BodyAndIdleTimeoutsAreKept) {
  LoopOptions timeouts = options();
  timeouts.limits.body_timeout_ms = 300;
  timeouts.limits.idle_timeout_ms = 500;
  Server server(timeouts);
  RawClient body(server.port());
  auto begin = steady_clock::now();
  body.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nab");
  EXPECT_TRUE(body.closed_by_peer());
  EXPECT_GE(steady_clock::now() - begin, milliseconds(280));
  EXPECT_LT(steady_clock::now() - begin, milliseconds(800));

  RawClient idle(server.port());
  EXPECT_EQ(idle.get("/hello").status, 200);
  begin = steady_clock::now();
  EXPECT_TRUE(idle.closed_by_peer());
  EXPECT_GE(steady_clock::now() - begin, milliseconds(480));
  EXPECT_LT(steady_clock::now() - begin, milliseconds(1'000));

  RawClient late(server.port());
  EXPECT_EQ(late.get("/late/900").status, 200) << "waiting for an answer is not being idle";
}

TEST_P(LoopTest, SocketsOutliveTheHttpTimeouts) {
  LoopOptions timeouts = options();
  timeouts.limits.head_timeout_ms = 200;
  timeouts.limits.idle_timeout_ms = 200;
  Server server(timeouts);
  RawClient client(server.port());
  EXPECT_EQ(client.upgrade("/ws").status, 101);
  std::this_thread::sleep_for(milliseconds(600));
  client.send_text("here");
  EXPECT_EQ(client.read_message()->payload, "here");
}

TEST_P(LoopTest, WakeFromFourThreads) {
  Server server(options());
  std::atomic<int> done = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 500; ++i) server.run([&](Loop&) { ++done; });
      for (int i = 0; i < 10'000; ++i) server.wake();
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(done, 2'000);
  EXPECT_LT(server.wakes, 42'000);
}

TEST_P(LoopTest, IdleLoopSleeps) {
  Server server(options());
  RawClient client(server.port());
  EXPECT_EQ(client.upgrade("/ws").status, 101);
  std::this_thread::sleep_for(milliseconds(100));
  const int turns = server.turns;
  std::this_thread::sleep_for(milliseconds(300));
  EXPECT_LE(server.turns - turns, 3);
}

TEST_P(LoopTest, TimersRunOnTime) {
  Server server(options());
  const SystemClock clock;
  std::atomic<std::int64_t> ran_at = 0;
  std::int64_t at = 0;
  std::unique_ptr<Timer> timer;
  server.run([&](Loop& loop) {
    at = clock.monotonic_ms() + 150;
    timer = std::make_unique<Timer>([&ran_at, &clock] { ran_at = clock.monotonic_ms(); });
    timer->start(loop.timers(), at);
  });
  std::this_thread::sleep_for(milliseconds(400));
  EXPECT_GE(ran_at - at, 0);
  EXPECT_LT(ran_at - at, 50);
  server.run([&](Loop&) { timer.reset(); });
}

TEST_P(LoopTest, RunTurnReturnsAfterItsTimeout) {
  const SystemClock clock;
  Logger log(clock, LogFormat::kText, LogLevel::kError);
  Server handler(options());
  auto loop = Loop::create(options(), handler, {}, clock, log);
  ASSERT_TRUE(loop.ok());
  for (int i = 0; i < 20; ++i) (*loop)->run_turn(0);
  const auto begin = steady_clock::now();
  while (steady_clock::now() - begin < milliseconds(100)) (*loop)->run_turn(100);
  EXPECT_LT(steady_clock::now() - begin, milliseconds(300));
}

TEST_P(LoopTest, StopListening) {
  Server server(options());
  RawClient client(server.port());
  EXPECT_EQ(client.get("/hello").status, 200);
  server.run([](Loop& loop) { loop.stop_listening(); });
  RawClient refused(server.port());
  EXPECT_LT(refused.descriptor(), 0);
  EXPECT_EQ(client.get("/hello").status, 200);
}

TEST_P(LoopTest, ListenSaysWhy) {
  Server server(options());
  server.run([&](Loop& loop) {
    const auto taken = loop.listen("127.0.0.1", server.port());
    EXPECT_EQ(taken.code(), Code::kNetwork);
    EXPECT_NE(taken.message().find("127.0.0.1"), std::string::npos) << taken.message();
    EXPECT_FALSE(loop.listen("256.0.0.1.invalid", 0).ok());
    const auto six = loop.listen("[::1]", 0);
    if (six.ok()) {
      EXPECT_NE(*six, 0);
    }
    EXPECT_TRUE(loop.listen("", 0).ok());
    EXPECT_TRUE(loop.listen("localhost", 0).ok());
  });
}

TEST_P(LoopTest, ReusePortIsShared) {
  LoopOptions shared = options();
  shared.reuse_port = true;
  Server first(shared);
  Server second(shared);
  second.run([&](Loop& loop) { EXPECT_TRUE(loop.listen("127.0.0.1", first.port()).ok()); });
}

// Shows: R63
TEST_P(LoopTest, ConnectionLimit) {
  LoopOptions limited = options();
  limited.limits.max_connections = 3;
  Server server(limited);
  std::vector<RawClient> clients;
  for (int i = 0; i < 3; ++i) {
    clients.emplace_back(server.port());
    EXPECT_EQ(clients.back().get("/hello").status, 200);
  }
  RawClient over(server.port());
  EXPECT_TRUE(over.closed_by_peer());
  clients.pop_back();
  EXPECT_TRUE(server.wait_for([](Loop& loop) { return loop.connections() == 2; }));
  RawClient again(server.port());
  EXPECT_EQ(again.get("/hello").status, 200);
}

// Shows: R70
TEST_P(LoopTest, DescriptorExhaustionNeitherSpinsNorKills) {
#if defined(__SANITIZE_ADDRESS__)
  GTEST_SKIP() << "the sanitizer needs descriptors of its own";
#endif
  Server server(options());
  RawClient client(server.port());
  EXPECT_EQ(client.get("/hello").status, 200);
  rlimit before = {};
  ::getrlimit(RLIMIT_NOFILE, &before);
  std::vector<RawClient> waiting;
  server.run([&](Loop&) {
    // They connect to the kernel while the loop is held here; then there is nothing to accept with.
    // A limit below the number of those that poll() is given would fail that call instead.
    // One of them is turned away each time that accepting is tried again: more than there is time
    // for.
    for (int i = 0; i < 40; ++i) waiting.emplace_back(server.port());
    rlimit tight = before;
    tight.rlim_cur = lowest_free_descriptor();
    ::setrlimit(RLIMIT_NOFILE, &tight);
  });
  std::this_thread::sleep_for(milliseconds(100));
  const int turns = server.turns;
  std::this_thread::sleep_for(milliseconds(300));
  EXPECT_LT(server.turns - turns, 30);
  ::setrlimit(RLIMIT_NOFILE, &before);
  EXPECT_EQ(client.get("/hello").status, 200);
  std::this_thread::sleep_for(milliseconds(150));
  RawClient after(server.port());
  EXPECT_EQ(after.get("/hello").status, 200);
  int served = 0;
  for (RawClient& one : waiting) served += one.get("/hello").status == 200 ? 1 : 0;
  EXPECT_GT(served, 0) << "those that waited are accepted once there is room";
}

// Shows: R7
TEST_P(LoopTest, NothingLeaksOverManyLives) {
  { Server first(options()); }
  const int own = ::eventfd(7, EFD_CLOEXEC);
  const std::size_t before = open_descriptors();
  for (int i = 0; i < 20; ++i) {
    Server server(options());
    RawClient socket(server.port());
    EXPECT_EQ(socket.upgrade("/ws").status, 101);
    RawClient waiting(server.port());
    waiting.send("GET /never HTTP/1.1\r\nHost: a\r\n\r\n");
    RawClient half(server.port());
    half.send("GET /hel");
    RawClient kept(server.port());
    EXPECT_EQ(kept.get("/hello").status, 200);
    ASSERT_TRUE(server.wait_for([&](Loop&) { return server.never.size() == 1; }));
    server.stop();
    EXPECT_EQ(server.causes, std::vector<CloseCause>{CloseCause::kLocal});
    EXPECT_EQ(server.gone.size(), 1U);
    EXPECT_TRUE(socket.closed_by_peer());
  }
  EXPECT_EQ(open_descriptors(), before);
  eventfd_t value = 0;
  EXPECT_EQ(::eventfd_read(own, &value), 0) << "what the host has is not touched";
  EXPECT_EQ(value, 7U);
  ::close(own);
}

void a_handler(int) {}

// Shows: R105
TEST_P(LoopTest, ProcessIsLeftAsItWas) {
  struct sigaction mine = {};
  mine.sa_handler = a_handler;
  ::sigaction(SIGPIPE, &mine, nullptr);
  const mode_t mask = ::umask(027);
  rlimit limit_before = {};
  ::getrlimit(RLIMIT_NOFILE, &limit_before);
  testing::internal::CaptureStderr();
  testing::internal::CaptureStdout();
  {
    Server server(options());
    RawClient client(server.port());
    client.send("nonsense\r\n\r\n");
    client.receive_all();
    RawClient socket(server.port());
    socket.upgrade("/ws");
    socket.send_frame(3, "x");
  }
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
  EXPECT_EQ(testing::internal::GetCapturedStdout(), "");
  struct sigaction now = {};
  ::sigaction(SIGPIPE, nullptr, &now);
  EXPECT_EQ(now.sa_handler, a_handler);
  EXPECT_EQ(::umask(mask), 027U);
  rlimit limit_now = {};
  ::getrlimit(RLIMIT_NOFILE, &limit_now);
  EXPECT_EQ(limit_now.rlim_cur, limit_before.rlim_cur);
  mine.sa_handler = SIG_DFL;
  ::sigaction(SIGPIPE, &mine, nullptr);
}

TEST_P(LoopTest, TwoLoopsAtOnce) {
  Server first(options());
  Server second(options());
  RawClient one(first.port());
  RawClient two(second.port());
  EXPECT_EQ(one.get("/hello").status, 200);
  EXPECT_EQ(two.get("/hello").status, 200);
}

TEST_P(LoopTest, LongHeadersAreRefusedAtStart) {
  LoopOptions bad = options();
  bad.common_headers.emplace_back("X", std::string(5'000, 'x'));
  const SystemClock clock;
  Logger log(clock, LogFormat::kText, LogLevel::kError);
  Server handler(options());
  const auto loop = Loop::create(bad, handler, {}, clock, log);
  EXPECT_EQ(loop.code(), Code::kInvalid);
}

}  // namespace
}  // namespace securechat::net
