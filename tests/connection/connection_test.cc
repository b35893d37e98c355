#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/json.h"
#include "base/timer_queue.h"
#include "connection/broadcast.h"
#include "connection/engine_connection.h"
#include "connection/fake_socket.h"
#include "connection/plain_connection.h"

namespace securechat::connection {
namespace {

using protocol::CloseCode;
using protocol::Packet;
using protocol::PacketType;
using securechat::testing::FakeSocket;

constexpr std::uint16_t kWithoutCode = 1005;

// Keeps what the connection hands up.
struct Heard final : ConnectionHandler {
  explicit Heard(std::vector<Packet>& p, std::vector<std::string>& c) : packets(p), closes(c) {}
  void on_open(Connection& connection) override { opened = &connection; }
  void on_packet(Packet packet) override { packets.push_back(std::move(packet)); }
  void on_close(std::string_view reason) override { closes.emplace_back(reason); }
  std::vector<Packet>& packets;
  std::vector<std::string>& closes;
  Connection* opened = nullptr;
};

class ConnectionTest : public ::testing::Test {
 protected:
  template <typename C, typename... Args>
  void open(Args... args) {
    connection = std::make_unique<C>(args..., options, clock.monotonic_ms(),
                                     std::make_unique<Heard>(packets, closes), timers, clock);
    connection->on_open(socket);
  }
  void open_engine() { open<EngineConnection>(std::string("engine-sid")); }
  void open_plain() { open<PlainConnection>(); }
  void pass(std::int64_t ms) {
    clock.advance_ms(ms);
    timers.run(clock.monotonic_ms());
  }

  ManualClock clock;
  TimerQueue timers;
  ConnectionOptions options;
  FakeSocket socket;
  std::vector<Packet> packets;
  std::vector<std::string> closes;
  std::unique_ptr<Connection> connection;
};

TEST_F(ConnectionTest, EngineAnnouncesExactlyWhatTheProtocolNames) {
  open_engine();
  ASSERT_EQ(socket.texts.size(), 1U);
  ASSERT_EQ(socket.texts[0].front(), '0');
  const Result<JsonDocument> open =
      JsonDocument::parse(std::string_view(socket.texts[0]).substr(1));
  ASSERT_TRUE(open.ok());
  EXPECT_EQ(open->root().size(), 5U);
  EXPECT_EQ(open->root()["sid"].as_string(), "engine-sid");
  EXPECT_TRUE(open->root()["upgrades"].is_array());
  EXPECT_EQ(open->root()["upgrades"].size(), 0U);
  EXPECT_EQ(open->root()["pingInterval"].as_integer(), 25000);
  EXPECT_EQ(open->root()["pingTimeout"].as_integer(), 20000);
  EXPECT_EQ(open->root()["maxPayload"].as_integer(), 1000000);
}

TEST_F(ConnectionTest, EngineHandsSocketIoPacketsUp) {
  open_engine();
  connection->on_message(true, R"(40{"token":"t"})");
  connection->on_message(true, R"(427["send-message",{"message":"hi"}])");
  ASSERT_EQ(packets.size(), 2U);
  EXPECT_EQ(packets[0].type, PacketType::kConnect);
  EXPECT_EQ(packets[1].event, "send-message");
  EXPECT_EQ(packets[1].ack, "7");
  EXPECT_EQ(packets[1].data, R"([{"message":"hi"}])");
}

TEST_F(ConnectionTest, EngineClosesWithoutACodeOnEveryFault) {
  for (const char* fault : {"", "9", "4", "4x", "42[]", "42[\"connect\"]", "42{", "2probe", "0",
                            "40[1]", "5", "43", "45-[\"a\"]"}) {
    socket = FakeSocket();
    packets.clear();
    open_engine();
    connection->on_message(true, fault);
    EXPECT_EQ(socket.close_code, kWithoutCode) << fault;
    EXPECT_TRUE(packets.empty()) << fault;
  }
  socket = FakeSocket();
  open_engine();
  connection->on_message(false, "binary");
  EXPECT_EQ(socket.close_code, kWithoutCode);
}

TEST_F(ConnectionTest, EnginePingsAndEndsTheSilent) {
  open_engine();
  connection->joined();
  socket.take();
  pass(24'999);
  EXPECT_TRUE(socket.take().empty());
  pass(1);
  EXPECT_EQ(socket.take(), std::vector<std::string>{"2"});
  connection->on_message(true, "3");
  pass(25'000);
  EXPECT_EQ(socket.take(), std::vector<std::string>{"2"});
  pass(19'999);
  EXPECT_FALSE(socket.close_code.has_value());
  pass(1);
  EXPECT_EQ(socket.close_code, kWithoutCode);
  connection->on_close(net::CloseCause::kLocal);
  EXPECT_EQ(closes, std::vector<std::string>{"ping timeout"});
}

TEST_F(ConnectionTest, PlainPingsAndEndsTheSilent) {
  open_plain();
  connection->joined();
  pass(25'000);
  ASSERT_EQ(socket.opcodes, std::vector<net::Opcode>{net::Opcode::kPing});
  connection->on_pong();
  pass(25'000);
  pass(20'000);
  EXPECT_EQ(socket.close_code, kWithoutCode);
}

TEST_F(ConnectionTest, WhoDoesNotJoinInTimeIsClosed) {
  open_plain();
  pass(9'999);
  EXPECT_FALSE(socket.close_code.has_value());
  pass(1);
  EXPECT_EQ(socket.close_code, 4408);

  socket = FakeSocket();
  open_engine();
  pass(10'000);
  EXPECT_EQ(socket.close_code, kWithoutCode);

  socket = FakeSocket();
  open_plain();
  connection->joined();
  pass(10'001);
  EXPECT_FALSE(socket.close_code.has_value());
}

TEST_F(ConnectionTest, JoiningRaisesThePayloadLimit) {
  open_plain();
  EXPECT_EQ(socket.payload_limit, 0U);
  connection->joined();
  EXPECT_EQ(socket.payload_limit, 1'000'000U);
}

TEST_F(ConnectionTest, PlainClosesWithPolicyOnEveryFault) {
  for (const char* fault : {"", "[]", "{}", "{\"type\":1}", "{\"type\":\"a\",\"type\":\"b\"}",
                            "{\"type\":\"a\\u0000\"}", "not json"}) {
    socket = FakeSocket();
    open_plain();
    connection->on_message(true, fault);
    EXPECT_EQ(socket.close_code, 1008) << fault;
  }
  socket = FakeSocket();
  open_plain();
  connection->on_message(false, "{}");
  EXPECT_EQ(socket.close_code, 1008);
}

TEST_F(ConnectionTest, RefusalsSpeakEachWire) {
  open_engine();
  socket.take();
  connection->send_refusal("/", {"NO_TOKEN", "NO_TOKEN", CloseCode::kUnauthenticated});
  EXPECT_EQ(socket.take(),
            std::vector<std::string>{R"(44{"message":"NO_TOKEN","data":{"code":"NO_TOKEN"}})"});
  EXPECT_FALSE(socket.close_code.has_value());

  options.error_data = false;
  socket = FakeSocket();
  open_engine();
  socket.take();
  connection->send_refusal("/admin", {"NO_TOKEN", "NO_TOKEN", CloseCode::kUnauthenticated});
  EXPECT_EQ(socket.take(), std::vector<std::string>{R"(44/admin,{"message":"NO_TOKEN"})"});

  socket = FakeSocket();
  open_plain();
  connection->send_refusal("/", {"NO_TOKEN", "NO_TOKEN", CloseCode::kUnauthenticated});
  EXPECT_EQ(socket.take(),
            std::vector<std::string>{R"({"type":"error","message":"NO_TOKEN","code":"NO_TOKEN"})"});
  EXPECT_EQ(socket.close_code, 4401);
}

TEST_F(ConnectionTest, ABroadcastIsEncodedOncePerWire) {
  Broadcast broadcast({"/", "news", R"([{"n":1}])"});
  const std::string_view first = broadcast.frames(Wire::kSocketIo).front().payload();
  EXPECT_EQ(first, R"(42["news",{"n":1}])");
  EXPECT_EQ(broadcast.frames(Wire::kSocketIo).front().payload().data(), first.data());
  EXPECT_EQ(broadcast.frames(Wire::kPlain).front().payload(), R"({"type":"news","data":{"n":1}})");
}

TEST_F(ConnectionTest, ClosingIsSaidOnceWithTheReferencesWords) {
  const std::vector<std::pair<net::CloseCause, std::string>> table{
      {net::CloseCause::kPeerClosed, "transport close"},
      {net::CloseCause::kTransportError, "transport error"},
      {net::CloseCause::kProtocolError, "parse error"},
      {net::CloseCause::kTooBig, "parse error"},
      {net::CloseCause::kSlowConsumer, "slow consumer"},
  };
  for (const auto& [cause, reason] : table) {
    closes.clear();
    open_plain();
    connection->on_close(cause);
    EXPECT_EQ(closes, std::vector<std::string>{reason});
    connection->send_event({"/", "late", "[]"});
    EXPECT_TRUE(connection->closing());
  }
}

}  // namespace
}  // namespace securechat::connection
