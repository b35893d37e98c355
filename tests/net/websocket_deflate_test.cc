#include <gtest/gtest.h>

#include <optional>
#include <random>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "net/client.h"
#include "net/deflate.h"
#include "net/server.h"

namespace securechat::net {
namespace {

using namespace std::string_literals;

constexpr std::size_t kRoom = 10'000'000;

LoopOptions options(bool poll) {
  LoopOptions options;
  options.force_poll = poll;
  options.deflate = true;
  return options;
}

std::string noise(std::size_t size, unsigned seed = 1) {
  std::mt19937 generator(seed);
  std::string bytes(size, '\0');
  for (char& c : bytes) c = static_cast<char>(generator());
  return bytes;
}

// What has RSV1 as a client sends it.
std::string deflated_frame(unsigned opcode, std::string_view payload, bool final = true) {
  std::string frame = client_frame(opcode, payload, final);
  frame[0] = static_cast<char>(static_cast<unsigned char>(frame[0]) | 0x40U);
  return frame;
}

class WebSocketDeflate : public testing::TestWithParam<bool> {
 protected:
  // The extensions of the answer; the client is ready for RSV1 behind it.
  static std::string offer(RawClient& client, const std::string& extensions) {
    const HttpAnswer answer =
        client.upgrade("/ws", "Sec-WebSocket-Extensions: " + extensions + "\r\n");
    EXPECT_EQ(answer.status, 101) << extensions;
    EXPECT_EQ(answer.header("X-Content-Type-Options"), "nosniff");
    if (!answer.header("Sec-WebSocket-Extensions").empty()) client.expect_rsv1();
    return answer.header("Sec-WebSocket-Extensions");
  }

  // Of a client that is read by this alone, or whose first message it is.
  std::string inflate(const std::optional<ReceivedFrame>& frame) {
    std::string out;
    if (!frame || !frame->rsv1 || inflater.add(frame->payload, kRoom, out) != Inflated::kOk ||
        inflater.finish(kRoom, out) != Inflated::kOk) {
      return "not a compressed message";
    }
    return out;
  }

  void expect_close(RawClient& client, unsigned code, CloseCause cause) {
    const auto frame = client.read_message();
    ASSERT_TRUE(frame);
    EXPECT_EQ(frame->opcode, 8U);
    EXPECT_FALSE(frame->rsv1);
    EXPECT_EQ(frame->close_code(), code);
    EXPECT_TRUE(client.closed_by_peer());
    EXPECT_TRUE(server.wait_for([&](Loop&) {
      return server.causes == std::vector<CloseCause>{cause} && server.sockets.empty();
    }));
    server.run([&](Loop&) { server.causes.clear(); });
  }

  Server server{options(GetParam())};
  Deflater deflater{kMaxWindowBits, true};
  Inflater inflater{kMaxWindowBits, true};
};

INSTANTIATE_TEST_SUITE_P(Loops, WebSocketDeflate, testing::Values(false, true),
                         [](const auto& loop) { return loop.param ? "Poll" : "Libuv"; });

TEST_P(WebSocketDeflate, IsAnsweredWithItsParameters) {
  const std::string name = "permessage-deflate";
  const std::string all =
      "; server_no_context_takeover; client_no_context_takeover; server_max_window_bits=10; "
      "client_max_window_bits=11";
  const std::vector<std::pair<std::string, std::string>> offers = {
      {name, name},
      {name + "; client_max_window_bits", name},
      {name + all, name + all},
      {"x-other, " + name + "; server_max_window_bits=9", name + "; server_max_window_bits=9"},
      {name + "; nonsense, " + name, name},
      {name + ", " + name + ", " + name, name},
      {name + all + ", " + name + all + ", " + name, name + all},  // 300 bytes.
      {name + "; nonsense", ""},
      {"x-other", ""},
      {"x-other; y=" + std::string(300, 'z'), ""},
  };
  for (const auto& [offered, answered] : offers) {
    RawClient client(server.port());
    EXPECT_EQ(offer(client, offered), answered) << offered;
    client.send_text("x");
    const auto frame = client.read_message();
    ASSERT_TRUE(frame) << offered;
    EXPECT_EQ(frame->rsv1, !answered.empty());
    EXPECT_EQ(answered.empty() ? frame->payload : inflate(frame), "x");
  }
}

TEST_P(WebSocketDeflate, OffersOnSeveralLines) {
  for (const std::string first : {"x", "permessage-deflate", "permessage-deflate; nonsense"}) {
    RawClient client(server.port());
    const std::string answered =
        offer(client, first + "\r\nSec-WebSocket-Extensions: permessage-deflate");
    client.send_text("x");
    const auto frame = client.read_message();
    ASSERT_TRUE(frame) << first;
    EXPECT_EQ(frame->rsv1, !answered.empty());
  }
}

TEST_P(WebSocketDeflate, GoesWithASubprotocol) {
  RawClient client(server.port());
  const HttpAnswer answer =
      client.upgrade("/ws",
                     "Sec-WebSocket-Protocol: permessage-deflate, securechat.v1\r\n"
                     "Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=12\r\n");
  EXPECT_EQ(answer.status, 101);
  EXPECT_EQ(answer.header("Sec-WebSocket-Protocol"), "securechat.v1");
  EXPECT_EQ(answer.header("Sec-WebSocket-Extensions"),
            "permessage-deflate; server_max_window_bits=12");
}

TEST_P(WebSocketDeflate, AListThatIsNoneIsRefused) {
  RawClient client(server.port());
  const HttpAnswer answer =
      client.upgrade("/ws", "Sec-WebSocket-Extensions: permessage-deflate;;\r\n");
  EXPECT_EQ(answer.status, 400);
}

TEST_P(WebSocketDeflate, WithoutAnOfferNothingIsCompressed) {
  RawClient client(server.port());
  EXPECT_EQ(client.upgrade("/ws").header("Sec-WebSocket-Extensions"), "");
  client.send_text("x");
  EXPECT_EQ(client.read_message()->payload, "x");
  client.send(deflated_frame(1, deflater.deflate("x")));
  expect_close(client, 1002, CloseCause::kProtocolError);
}

TEST_P(WebSocketDeflate, EchoOfAllSizes) {
  server.payload_limit = 1'000'000;
  RawClient client(server.port());
  offer(client, "permessage-deflate");
  for (const std::size_t size : {0U, 1U, 8U, 1'000U, 1'040U, 16'384U, 65'536U, 1'000'000U}) {
    for (const std::string& message : {noise(size), std::string(size, 'a')}) {
      const std::string frame = deflated_frame(2, deflater.deflate(message));
      std::thread writer([&] { client.send(frame); });
      const auto answer = client.read_message();
      writer.join();
      ASSERT_TRUE(inflate(answer) == message) << size;
    }
  }
}

TEST_P(WebSocketDeflate, FragmentsWithPingsBetween) {
  RawClient client(server.port());
  offer(client, "permessage-deflate");
  const std::string message = "gr\xC3\xBC\xC3\x9F" + std::string(500, 'e');
  const std::string deflated = deflater.deflate(message);
  client.send(deflated_frame(1, deflated.substr(0, 1), false));
  for (std::size_t i = 1; i < deflated.size(); ++i) {
    client.send_frame(9, "ping between");
    client.send_frame(0, "", false);
    client.send_frame(0, deflated.substr(i, 1), false);
  }
  client.send_frame(0, "", true);
  EXPECT_EQ(inflate(client.read_message()), message);
}

TEST_P(WebSocketDeflate, Faults) {
  const std::string x = deflater.deflate("x");
  const std::string wrong = "\x07";
  const std::vector<std::pair<std::string, unsigned>> faults = {
      {deflated_frame(1, wrong), 1007},
      {deflated_frame(1, ""), 1007},
      {deflated_frame(1, Deflater(kMaxWindowBits, true).deflate("\xC3")), 1007},
      {deflated_frame(1, x, false) + deflated_frame(0, "", true), 1002},
      {client_frame(1, "x", false) + deflated_frame(0, x, true), 1002},
      {deflated_frame(10, "pong"), 1002},
  };
  for (const auto& [bytes, code] : faults) {
    RawClient client(server.port());
    offer(client, "permessage-deflate");
    client.send(bytes);
    expect_close(client, code, CloseCause::kProtocolError);
  }
  RawClient client(server.port());
  offer(client, "permessage-deflate");
  client.send(deflated_frame(8, "\x03\xE8"));
  expect_close(client, 1002, CloseCause::kPeerClosed);
}

TEST_P(WebSocketDeflate, TheLimitIsOfWhatIsInflated) {
  RawClient client(server.port());
  offer(client, "permessage-deflate");
  client.send(deflated_frame(2, deflater.deflate(std::string(16'384, 'x'))));
  EXPECT_EQ(inflate(client.read_message()).size(), 16'384U);
  client.send(deflated_frame(2, deflater.deflate(std::string(16'385, 'x'))));
  expect_close(client, 1009, CloseCause::kTooBig);
}

// What is compressed must not refer to a message that the peer has never seen.
TEST_P(WebSocketDeflate, AfterDroppedMessagesTheOthersCanBeRead) {
  server.run([&](Loop& loop) {
    LoopLimits limits;
    limits.send_queue = 50'000;
    limits.slow_consumer = SlowConsumerPolicy::kDropNew;
    loop.set_limits(limits);
  });
  server.payload_limit = 100'000;
  RawClient client(server.port(), 4'096);
  offer(client, "permessage-deflate");
  std::vector<std::string> messages;
  for (unsigned i = 0; i < 400; ++i) messages.push_back(noise(20'000, i));
  server.run([&](Loop&) {
    for (const std::string& message : messages) {
      (*server.sockets.begin())->send(make_frame(Opcode::kBinary, message));
    }
  });
  std::size_t read = 0;
  for (bool queued = true; queued; ++read) {
    ASSERT_TRUE(inflate(client.read_message()) == messages.at(read));
    server.run([&](Loop&) { queued = (*server.sockets.begin())->queued_bytes() > 0; });
  }
  // The last one was dropped, so that its echo is the first that the peer hears of it.
  client.send_frame(2, messages.back());
  std::string got = inflate(client.read_message());
  for (; read < messages.size() - 1 && got == messages[read]; ++read) {
    got = inflate(client.read_message());
  }
  EXPECT_TRUE(got == messages.back());
  EXPECT_LT(read, messages.size() - 1);
}

}  // namespace
}  // namespace securechat::net
