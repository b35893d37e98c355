#include <memory>
#include <string>

#include "connection/engine_fixture.h"

namespace securechat::connection {
namespace {

using securechat::testing::FakeSocket;

constexpr std::uint16_t kWithoutCode = 1005;

class EngineUpgradeTest : public securechat::testing::EngineFixture {
 protected:
  void open_probe() {
    probe = session->open_probe();
    probe->on_open(probe_socket);
  }
  void upgrade() {
    open_polling();
    open_probe();
    probe->on_message(true, "2probe");
    probe->on_message(true, "5");
    probe_socket.take();
  }
  FakeSocket probe_socket;
  std::unique_ptr<net::SocketHandler> probe;
};

TEST_F(EngineUpgradeTest, ASessionOverWebSocketOffersNoUpgrade) {
  open_websocket();
  ASSERT_EQ(socket.texts.size(), 1U);
  EXPECT_NE(socket.texts[0].find(R"("upgrades":[])"), std::string::npos);
  EXPECT_EQ(direct, &socket);
  EXPECT_FALSE(session->may_upgrade());
  EXPECT_NE(sessions.find("sid"), nullptr);
  transport->on_message(true, "4hello");
  transport->on_message(false, "bytes");
  EXPECT_EQ(heard, (std::vector<std::string>{"text:hello", "binary:bytes"}));
  transport->on_close(net::CloseCause::kPeerClosed);
  EXPECT_EQ(cause(), net::CloseCause::kPeerClosed);
  EXPECT_EQ(sessions.find("sid"), nullptr);
}

// Shows: R7
TEST_F(EngineUpgradeTest, AHandshakeThatDoesNotCompleteLeavesNothing) {
  transport = sessions.open_websocket("sid", {}, options, std::make_unique<Client>(*this));
  transport.reset();
  EXPECT_TRUE(causes.empty());
  EXPECT_EQ(sessions.find("sid"), nullptr);
}

TEST_F(EngineUpgradeTest, TheProbeReleasesThePollAndTheUpgradeMovesWhatWaits) {
  open_polling();
  const net::ExchangeId parked = poll();
  open_probe();
  EXPECT_FALSE(session->may_upgrade());
  EXPECT_TRUE(probe_socket.texts.empty()) << "a probe is no handshake";
  probe->on_message(true, "2probe");
  EXPECT_EQ(probe_socket.take(), std::vector<std::string>{"3probe"});
  EXPECT_EQ(body(parked), "6");
  EXPECT_EQ(body(poll()), "6") << "a poll that was on its way is let go, too";
  EXPECT_EQ(direct, nullptr);
  say("4waits");
  turn();
  EXPECT_TRUE(probe_socket.take().empty());
  probe->on_message(true, "5");
  EXPECT_EQ(direct, &probe_socket);
  EXPECT_TRUE(session->uses_websocket());
  say("4later");
  EXPECT_EQ(probe_socket.take(), (std::vector<std::string>{"4waits", "4later"}));
  probe->on_message(true, "4hello");
  EXPECT_EQ(heard, std::vector<std::string>{"text:hello"});
}

TEST_F(EngineUpgradeTest, PollingGoesOnUntilTheUpgradeIsComplete) {
  open_polling();
  open_probe();
  probe->on_message(true, "2probe");
  say("4a");
  const net::ExchangeId late = poll();
  EXPECT_EQ(body(late), "4a");
  EXPECT_EQ(body(post("4b")), "ok");
  EXPECT_EQ(heard, std::vector<std::string>{"text:b"});
}

TEST_F(EngineUpgradeTest, AnythingElseOnTheProbeClosesOnlyTheProbe) {
  for (const char* packet : {"5", "4hello", "2", "3probe", "", "1"}) {
    open_polling();
    probe_socket = FakeSocket();
    open_probe();
    probe->on_message(true, packet);
    EXPECT_EQ(probe_socket.close_code, kWithoutCode) << packet;
    EXPECT_TRUE(session->may_upgrade()) << packet;
    EXPECT_FALSE(session->uses_websocket()) << packet;
    probe->on_close(net::CloseCause::kLocal);
    EXPECT_TRUE(causes.empty()) << packet;
    session->end(net::CloseCause::kLocal);
    causes.clear();
  }
  EXPECT_TRUE(heard.empty());
}

TEST_F(EngineUpgradeTest, AProbeThatDoesNotCompleteInTimeIsClosed) {
  open_polling();
  open_probe();
  probe->on_message(true, "2probe");
  pass(9'999);
  EXPECT_FALSE(probe_socket.close_code.has_value());
  pass(1);
  EXPECT_EQ(probe_socket.close_code, kWithoutCode);
  EXPECT_TRUE(session->may_upgrade());
}

TEST_F(EngineUpgradeTest, AProbeThatBreaksLeavesTheSessionOnPolling) {
  open_polling();
  open_probe();
  probe->on_message(true, "2probe");
  probe->on_close(net::CloseCause::kTransportError);
  probe.reset();
  EXPECT_TRUE(session->may_upgrade());
  say("4a");
  turn();
  EXPECT_EQ(body(poll()), "4a");
}

TEST_F(EngineUpgradeTest, TheUpgradedSessionEndsWithItsSocket) {
  upgrade();
  probe->on_close(net::CloseCause::kPeerClosed);
  EXPECT_EQ(cause(), net::CloseCause::kPeerClosed);
  EXPECT_EQ(sessions.find("sid"), nullptr);
}

TEST_F(EngineUpgradeTest, TheLimitThatJoiningRaisedHoldsOnTheNewTransport) {
  open_polling();
  open_probe();
  probe->on_message(true, "2probe");
  session->admit(true, 1'000'000);
  EXPECT_EQ(probe_socket.payload_limit, 1'000'000U);
  probe->on_message(true, "5");
  EXPECT_EQ(probe_socket.payload_limit, 1'000'000U);
}

TEST_F(EngineUpgradeTest, APingThatIsDueSurvivesTheUpgrade) {
  open_polling();
  pass(24'000);
  open_probe();
  probe->on_message(true, "2probe");
  probe->on_message(true, "5");
  probe_socket.take();
  pass(1'000);
  EXPECT_EQ(probe_socket.take(), std::vector<std::string>{"2"});
  pass(20'000);
  EXPECT_EQ(cause(), net::CloseCause::kPingTimeout);
  EXPECT_EQ(probe_socket.close_code, kWithoutCode);
}

TEST_F(EngineUpgradeTest, ASessionThatEndsTakesItsProbeAlong) {
  open_polling();
  open_probe();
  session->close(1001, "bye");
  EXPECT_EQ(probe_socket.close_code, kWithoutCode);
  pass(2'000);
  EXPECT_EQ(cause(), net::CloseCause::kLocal);
  probe->on_message(true, "2probe");
  probe->on_close(net::CloseCause::kLocal);
  EXPECT_EQ(causes.size(), 1U);
}

TEST_F(EngineUpgradeTest, ASessionThatClosesDuringTheUpgradeSaysItsLastWordsThere) {
  open_polling();
  open_probe();
  probe->on_message(true, "2probe");
  probe_socket.take();
  say("44{}");
  session->close(1001, "bye");
  EXPECT_FALSE(probe_socket.close_code.has_value());
  probe->on_message(true, "5");
  EXPECT_EQ(probe_socket.take(), std::vector<std::string>{"44{}"});
  EXPECT_EQ(probe_socket.close_code, kWithoutCode);
  probe->on_close(net::CloseCause::kLocal);
  EXPECT_EQ(cause(), net::CloseCause::kLocal);
}

TEST_F(EngineUpgradeTest, ASocketWithoutASessionIsClosedOnceItIsOpen) {
  EngineSocket orphan(nullptr);
  orphan.on_open(socket);
  EXPECT_EQ(socket.close_code, kWithoutCode);
}

}  // namespace
}  // namespace securechat::connection
