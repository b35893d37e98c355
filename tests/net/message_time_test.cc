#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "net/client.h"
#include "net/server.h"

// A message of a WebSocket has a time to be whole in, however it comes.
namespace securechat::net {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr milliseconds kLimit(300);
constexpr milliseconds kStep(40);
// The loop counts whole milliseconds, at both ends.
constexpr milliseconds kClockStep(2);
// For the scheduler of a machine that does other things too.
constexpr milliseconds kLate(1'000);

LoopOptions options(bool poll) {
  LoopOptions options;
  options.force_poll = poll;
  options.limits.message_timeout_ms = kLimit.count();
  options.limits.send_queue = 50'000'000;
  return options;
}

class MessageTime : public testing::TestWithParam<bool> {
 protected:
  // Sends pieces without end until the server closes, and checks when and how it does.
  void expect_closed_while(const std::function<void(RawClient&)>& send_piece) {
    RawClient client(server.port());
    client.upgrade("/ws");
    const auto start = steady_clock::now();
    std::atomic<bool> stop = false;
    std::thread sender([&] {
      while (!stop) {
        send_piece(client);
        std::this_thread::sleep_for(kStep);
      }
    });
    const auto frame = client.read_message();
    const auto took = steady_clock::now() - start;
    stop = true;
    sender.join();
    ASSERT_TRUE(frame);
    EXPECT_EQ(frame->opcode, 8U);
    EXPECT_EQ(frame->close_code(), 1008U);
    EXPECT_GE(took, kLimit - kClockStep);
    EXPECT_LT(took, kLimit + kLate);
    EXPECT_TRUE(server.wait_for([&](Loop&) {
      return server.causes == std::vector<CloseCause>{CloseCause::kProtocolError};
    }));
    server.run([&](Loop&) { EXPECT_EQ(server.messages, 0U); });
  }

  Server server{options(GetParam())};
};

INSTANTIATE_TEST_SUITE_P(Loops, MessageTime, testing::Values(false, true),
                         [](const auto& loop) { return loop.param ? "Poll" : "Libuv"; });

// Shows: R59
TEST_P(MessageTime, FragmentsWithoutEnd) {
  unsigned opcode = 1;
  expect_closed_while([&](RawClient& client) {
    client.send_frame(opcode, "x", false);
    opcode = 0;
  });
}

// Shows: R59 R66
TEST_P(MessageTime, PingsDoNotProlongIt) {
  bool begun = false;
  expect_closed_while([&](RawClient& client) {
    if (!begun) client.send_frame(1, "x", false);
    begun = true;
    client.send_frame(9, "still here");
  });
}

// Shows: R57 R59
TEST_P(MessageTime, OneFrameByteByByte) {
  const std::string frame = client_frame(1, std::string(1'000, 'x'));
  std::size_t sent = 0;
  expect_closed_while([&](RawClient& client) { client.send(frame.substr(sent++, 1)); });
}

TEST_P(MessageTime, EachMessageHasItsOwn) {
  RawClient client(server.port());
  client.upgrade("/ws");
  for (int i = 0; i < 4; ++i) {
    client.send_frame(1, "slow", false);
    std::this_thread::sleep_for(kLimit / 2);
    client.send_frame(0, "ly", true);
    const auto frame = client.read_message();
    ASSERT_TRUE(frame);
    EXPECT_EQ(frame->payload, "slowly");
  }
  std::this_thread::sleep_for(2 * kLimit);
  client.send_text("after silence");
  EXPECT_EQ(client.read_message()->payload, "after silence");
}

// The same timer keeps the deadline of what is written.
TEST_P(MessageTime, HoldsForAPeerThatDoesNotRead) {
  RawClient client(server.port(), 4'096);
  client.upgrade("/ws");
  const auto start = steady_clock::now();
  client.send_frame(1, "x", false);
  server.run([&](Loop&) {
    for (Socket* socket : server.sockets) {
      socket->send(make_frame(Opcode::kText, std::string(10'000'000, 'x')));
    }
  });
  EXPECT_TRUE(server.wait_for(
      [&](Loop&) { return server.causes == std::vector<CloseCause>{CloseCause::kProtocolError}; }));
  EXPECT_GE(steady_clock::now() - start, kLimit - kClockStep);
}

}  // namespace

TEST(MessageTimeAndWriteDeadline, TheEarlierOneCounts) {
  LoopOptions options;
  options.limits.write_deadline_ms = kLimit.count();
  options.limits.send_queue = 50'000'000;
  Server server(options);
  RawClient client(server.port(), 4'096);
  client.upgrade("/ws");
  server.run([&](Loop&) {
    for (Socket* socket : server.sockets) {
      socket->send(make_frame(Opcode::kText, std::string(10'000'000, 'x')));
    }
  });
  client.send_frame(1, "x", false);
  EXPECT_TRUE(server.wait_for(
      [&](Loop&) { return server.causes == std::vector<CloseCause>{CloseCause::kSlowConsumer}; }));
}

}  // namespace securechat::net
