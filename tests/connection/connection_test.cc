#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/json.h"
#include "base/timer_queue.h"
#include "connection/broadcast.h"
#include "connection/engine_sessions.h"
#include "connection/fake_socket.h"
#include "connection/plain_connection.h"
#include "connection/socket_io_connection.h"

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

class ConnectionTest : public ::testing::Test, public ExchangeAnswers {
 protected:
  void answer(net::ExchangeId, net::HttpResponse) override {}

  void open_engine() {
    end();
    auto client = std::make_unique<SocketIoConnection>(context(), clock.monotonic_ms(), heard());
    connection = client.get();
    transport = sessions.open_websocket("engine-sid", {}, EngineOptions(), std::move(client));
    transport->on_open(socket);
  }
  ConnectionContext context() { return {options, timers, clock}; }
  void open_plain() {
    end();
    auto plain = std::make_unique<PlainConnection>(context(), clock.monotonic_ms(), heard());
    connection = plain.get();
    transport = std::move(plain);
    transport->on_open(socket);
  }
  void end() {
    transport.reset();
    sessions.end_all(net::CloseCause::kLocal);
    pass(0);
  }
  std::unique_ptr<Heard> heard() { return std::make_unique<Heard>(packets, closes); }
  void receive(std::string_view text) { transport->on_message(true, text); }
  void receive_binary(std::string_view bytes) { transport->on_message(false, bytes); }
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
  EngineSessions sessions{*this, timers, clock};
  std::unique_ptr<net::SocketHandler> transport;
  Connection* connection = nullptr;
};

TEST_F(ConnectionTest, EngineHandsSocketIoPacketsUp) {
  open_engine();
  receive(R"(40{"token":"t"})");
  receive(R"(427["send-message",{"message":"hi"}])");
  ASSERT_EQ(packets.size(), 2U);
  EXPECT_EQ(packets[0].type, PacketType::kConnect);
  EXPECT_EQ(packets[1].event, "send-message");
  EXPECT_EQ(packets[1].ack, "7");
  EXPECT_EQ(packets[1].data, R"([{"message":"hi"}])");
}

// Shows: R47
TEST_F(ConnectionTest, EngineClosesWithoutACodeOnEveryFault) {
  for (const char* fault : {"", "9", "4", "4x", "42[]", "42[\"connect\"]", "42{", "2probe", "0",
                            "40[1]", "5", "43", "45-[\"a\"]", "411-[\"a\"]"}) {
    socket = FakeSocket();
    packets.clear();
    open_engine();
    receive(fault);
    EXPECT_EQ(socket.close_code, kWithoutCode) << fault;
    EXPECT_TRUE(packets.empty()) << fault;
  }
  socket = FakeSocket();
  open_engine();
  receive_binary("binary");
  EXPECT_EQ(socket.close_code, kWithoutCode);
}

TEST_F(ConnectionTest, AttachmentsAreCollectedBehindTheirPacket) {
  open_engine();
  receive(R"(452-7["file",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}])");
  EXPECT_TRUE(packets.empty());
  receive_binary("one");
  receive("3");  // A heartbeat of Engine.IO may come in between: it is no packet of Socket.IO.
  EXPECT_TRUE(packets.empty());
  receive_binary(std::string_view("\0two", 4));
  ASSERT_EQ(packets.size(), 1U);
  EXPECT_EQ(packets[0].event, "file");
  EXPECT_EQ(packets[0].ack, "7");
  EXPECT_EQ(packets[0].attachments, (std::vector<std::string>{"one", std::string("\0two", 4)}));
  EXPECT_EQ(packets[0].attachments_due, 0U);
  receive(R"(42["next"])");
  EXPECT_EQ(packets.size(), 2U);
}

// Shows: R60
TEST_F(ConnectionTest, AttachmentsOutOfPlaceAreAFault) {
  const std::string binary = R"(451-["file",{"_placeholder":true,"num":0}])";
  options.payload_unauthenticated = 100;
  const std::vector<std::vector<std::string>> faults{
      {binary, R"(42["text"])"}, {binary, binary}, {binary, "41"}};
  for (const auto& texts : faults) {
    socket = FakeSocket();
    open_engine();
    for (const std::string& text : texts) receive(text);
    EXPECT_EQ(socket.close_code, kWithoutCode) << texts.back();
  }
  EXPECT_TRUE(packets.empty());
}

// Shows: R60
TEST_F(ConnectionTest, APacketAndItsAttachmentsFitThePayloadLimitTogether) {
  const std::string binary =
      R"(452-["f",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}])";
  open_engine();
  receive(binary);
  receive_binary(std::string(16'384 - (binary.size() - 1) - 10, 'x'));
  receive_binary(std::string(10, 'x'));
  EXPECT_EQ(packets.size(), 1U);
  EXPECT_FALSE(socket.close_code.has_value());
  receive(binary);
  receive_binary(std::string(16'384 - (binary.size() - 1) - 10, 'x'));
  receive_binary(std::string(11, 'x'));
  EXPECT_EQ(packets.size(), 1U);
  EXPECT_EQ(socket.close_code, kWithoutCode);
}

TEST_F(ConnectionTest, BinaryEventsAndAcknowledgementsAreFollowedByTheirAttachments) {
  open_engine();
  socket.take();
  const std::string_view bytes = "bytes";
  connection->send_event({.event = "file",
                          .args = R"([{"_placeholder":true,"num":0}])",
                          .ack = "3",
                          .attachments = {&bytes, 1}});
  connection->send_ack("/", "9", R"([{"_placeholder":true,"num":0}])", {&bytes, 1});
  EXPECT_EQ(socket.take(),
            (std::vector<std::string>{R"(451-3["file",{"_placeholder":true,"num":0}])", "bytes",
                                      R"(461-9[{"_placeholder":true,"num":0}])", "bytes"}));
  EXPECT_EQ(socket.opcodes.back(), net::Opcode::kBinary);

  socket = FakeSocket();
  open_plain();
  connection->send_event(
      {.event = "file", .args = R"([{"_placeholder":true,"num":0}])", .attachments = {&bytes, 1}});
  EXPECT_TRUE(socket.take().empty());
}

// Shows: R68
TEST_F(ConnectionTest, EnginePingsAndEndsTheSilent) {
  open_engine();
  connection->joined();
  socket.take();
  pass(24'999);
  EXPECT_TRUE(socket.take().empty());
  pass(1);
  EXPECT_EQ(socket.take(), std::vector<std::string>{"2"});
  receive("3");
  pass(25'000);
  EXPECT_EQ(socket.take(), std::vector<std::string>{"2"});
  pass(19'999);
  EXPECT_FALSE(socket.close_code.has_value());
  pass(1);
  EXPECT_EQ(socket.close_code, kWithoutCode);
  EXPECT_EQ(closes, std::vector<std::string>{"ping timeout"});
}

// Shows: R68
TEST_F(ConnectionTest, PlainPingsAndEndsTheSilent) {
  open_plain();
  connection->joined();
  pass(25'000);
  ASSERT_EQ(socket.opcodes, std::vector<net::Opcode>{net::Opcode::kPing});
  transport->on_pong();
  pass(25'000);
  pass(20'000);
  EXPECT_EQ(socket.close_code, kWithoutCode);
}

// Shows: R57
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

// Shows: R58 S38
TEST_F(ConnectionTest, JoiningRaisesThePayloadLimit) {
  open_plain();
  EXPECT_EQ(socket.payload_limit, 0U);
  connection->joined();
  EXPECT_EQ(socket.payload_limit, 1'000'000U);
}

// Shows: R39
TEST_F(ConnectionTest, PlainClosesWithPolicyOnEveryFault) {
  for (const char* fault : {"", "[]", "{}", "{\"type\":1}", "{\"type\":\"a\",\"type\":\"b\"}",
                            "{\"type\":\"a\\u0000\"}", "not json"}) {
    socket = FakeSocket();
    open_plain();
    receive(fault);
    EXPECT_EQ(socket.close_code, 1008) << fault;
  }
  socket = FakeSocket();
  open_plain();
  receive_binary("{}");
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

// Shows: R67
TEST_F(ConnectionTest, ABroadcastIsEncodedOncePerWire) {
  Broadcast broadcast({.event = "news", .args = R"([{"n":1}])"});
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
    transport->on_close(cause);
    EXPECT_EQ(closes, std::vector<std::string>{reason});
    connection->send_event({.event = "late", .args = "[]"});
    EXPECT_TRUE(connection->closing());
  }
}

}  // namespace
}  // namespace securechat::connection
