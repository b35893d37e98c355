#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <thread>

#include "net/client.h"
#include "net/server.h"

namespace securechat::net {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

class SlowConsumer : public testing::TestWithParam<bool> {
 protected:
  LoopOptions options() {
    LoopOptions options;
    options.force_poll = GetParam();
    return options;
  }
};

INSTANTIATE_TEST_SUITE_P(Loops, SlowConsumer, testing::Values(false, true),
                         [](const auto& loop) { return loop.param ? "Poll" : "Libuv"; });

// Fills the connection until the outbox holds something.
std::size_t fill(Server& server, std::size_t frame_bytes) {
  std::size_t sent = 0;
  for (bool full = false; !full;) {
    server.run([&](Loop&) {
      for (Socket* socket : server.sockets) {
        std::string payload(frame_bytes, static_cast<char>('a' + sent % 26));
        payload.replace(0, 8, std::to_string(10'000'000 + sent));
        socket->send(make_frame(Opcode::kBinary, payload));
        ++sent;
      }
    });
    server.run([&](Loop&) {
      full = server.sockets.empty() || (*server.sockets.begin())->queued_bytes() > 100'000;
    });
  }
  return sent;
}

TEST_P(SlowConsumer, FramingSurvivesPartialWritesAndPongsBetween) {
  Server server(options());
  RawClient client(server.port(), 4'096);
  client.upgrade("/ws");
  std::size_t sent = fill(server, 30'000);
  std::size_t received = 0;
  std::size_t pongs = 0;
  for (int round = 0; round < 20; ++round) {
    client.send_frame(9, "ping " + std::to_string(round));
    server.run([&](Loop&) {
      for (Socket* socket : server.sockets) {
        for (int i = 0; i < 5; ++i) {
          std::string payload(2'000, 'x');
          payload.replace(0, 8, std::to_string(10'000'000 + sent++));
          socket->send(make_frame(Opcode::kBinary, payload));
        }
      }
    });
    for (int i = 0; i < 8; ++i) {
      const auto frame = client.read_frame();
      ASSERT_TRUE(frame);
      if (frame->opcode == 10) {
        ++pongs;
        continue;
      }
      ASSERT_EQ(frame->opcode, 2U);
      ASSERT_EQ(frame->payload.substr(0, 8), std::to_string(10'000'000 + received++));
    }
  }
  while (received < sent) {
    const auto frame = client.read_frame();
    ASSERT_TRUE(frame) << received << " of " << sent;
    if (frame->opcode == 10) {
      ++pongs;
      continue;
    }
    ASSERT_EQ(frame->payload.substr(0, 8), std::to_string(10'000'000 + received++));
  }
  EXPECT_GT(pongs, 0U);
  server.run([&](Loop&) { EXPECT_EQ(server.sockets.size(), 1U); });
}

// Shows: R67
TEST_P(SlowConsumer, OverTheQueueIsClosed) {
  LoopOptions slow = options();
  slow.limits.send_queue = 200'000;
  Server server(slow);
  RawClient client(server.port(), 4'096);
  client.upgrade("/ws");
  const auto start = steady_clock::now();
  while (true) {
    std::size_t sockets = 0;
    server.run([&](Loop&) {
      sockets = server.sockets.size();
      for (Socket* socket : server.sockets) {
        socket->send(make_frame(Opcode::kText, std::string(50'000, 'x')));
        EXPECT_LE(socket->queued_bytes(), 250'000U);
      }
    });
    if (sockets == 0 || steady_clock::now() - start > milliseconds(8'000)) break;
    std::this_thread::sleep_for(milliseconds(5));
  }
  server.run(
      [&](Loop&) { EXPECT_EQ(server.causes, std::vector<CloseCause>{CloseCause::kSlowConsumer}); });
  EXPECT_LT(steady_clock::now() - start, milliseconds(5'000));
}

TEST_P(SlowConsumer, CloseFrameReachesAPeerThatWakesUp) {
  LoopOptions slow = options();
  slow.limits.send_queue = 200'000;
  Server server(slow);
  RawClient client(server.port(), 4'096);
  client.upgrade("/ws");
  bool closing = false;
  while (!closing) {
    server.run([&](Loop&) {
      for (Socket* socket : server.sockets) {
        socket->send(make_frame(Opcode::kText, std::string(50'000, 'x')));
        closing = socket->closing();
      }
    });
  }
  std::optional<ReceivedFrame> frame = client.read_message();
  while (frame && frame->opcode == 1) frame = client.read_message();
  ASSERT_TRUE(frame);
  EXPECT_EQ(frame->close_code(), 4508U);
}

// Shows: R67
TEST_P(SlowConsumer, DropsNewFramesWhenToldTo) {
  LoopOptions drop = options();
  drop.limits.send_queue = 200'000;
  drop.limits.slow_consumer = SlowConsumerPolicy::kDropNew;
  Server server(drop);
  RawClient client(server.port(), 4'096);
  client.upgrade("/ws");
  for (int i = 0; i < 200; ++i) {
    server.run([&](Loop&) {
      for (Socket* socket : server.sockets) {
        socket->send(make_frame(Opcode::kText, std::string(50'000, 'x')));
        EXPECT_LE(socket->queued_bytes(), 250'000U);
      }
    });
  }
  server.run([&](Loop&) { EXPECT_EQ(server.sockets.size(), 1U); });
  EXPECT_EQ(client.read_message()->payload.size(), 50'000U);
}

TEST_P(SlowConsumer, BurstInOneTurnIsNotSlow) {
  LoopOptions small = options();
  small.limits.send_queue = 65'536;
  Server server(small);
  RawClient client(server.port());
  client.upgrade("/ws");
  std::thread reader([&] {
    for (int i = 0; i < 100; ++i) ASSERT_EQ(client.read_message()->payload.size(), 10'000U);
  });
  server.run([&](Loop&) {
    for (Socket* socket : server.sockets) {
      for (int i = 0; i < 100; ++i) {
        socket->send(make_frame(Opcode::kText, std::string(10'000, 'x')));
      }
    }
  });
  reader.join();
}

// Shows: R67
TEST_P(SlowConsumer, WriteDeadlineWithoutProgress) {
  LoopOptions deadline = options();
  deadline.limits.write_deadline_ms = 300;
  Server server(deadline);
  RawClient client(server.port(), 4'096);
  client.upgrade("/ws");
  fill(server, 30'000);
  const auto start = steady_clock::now();
  EXPECT_TRUE(server.wait_for(
      [&](Loop&) { return server.causes == std::vector<CloseCause>{CloseCause::kSlowConsumer}; }));
  const auto took = steady_clock::now() - start;
  EXPECT_GT(took, milliseconds(200));
  EXPECT_LT(took, milliseconds(2'500));
}

TEST_P(SlowConsumer, SlowReaderThatMakesProgressStays) {
  LoopOptions deadline = options();
  deadline.limits.write_deadline_ms = 300;
  Server server(deadline);
  RawClient client(server.port(), 4'096);
  client.upgrade("/ws");
  const std::size_t sent = fill(server, 30'000);
  std::size_t received = 0;
  const auto start = steady_clock::now();
  while (received < sent && steady_clock::now() - start < milliseconds(1'500)) {
    ASSERT_TRUE(client.read_message()) << received;
    ++received;
    if (received < 12) std::this_thread::sleep_for(milliseconds(100));
  }
  while (received < sent) {
    ASSERT_TRUE(client.read_message()) << received << " of " << sent;
    ++received;
  }
  server.run([&](Loop&) { EXPECT_EQ(server.sockets.size(), 1U); });
}

}  // namespace
}  // namespace securechat::net
