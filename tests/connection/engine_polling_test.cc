#include <string>

#include "base/json.h"
#include "connection/engine_fixture.h"

namespace securechat::connection {
namespace {

using EnginePollingTest = securechat::testing::EngineFixture;

TEST_F(EnginePollingTest, TheHandshakeAnnouncesExactlyWhatTheProtocolNames) {
  open_polling();
  ASSERT_TRUE(answered(1));
  EXPECT_EQ(answers[1].status, 200);
  EXPECT_EQ(answers[1].content_type, "text/plain; charset=UTF-8");
  ASSERT_EQ(body(1).front(), '0');
  const Result<JsonDocument> open = JsonDocument::parse(std::string_view(body(1)).substr(1));
  ASSERT_TRUE(open.ok());
  EXPECT_EQ(open->root().size(), 5U);
  EXPECT_EQ(open->root()["sid"].as_string(), "sid");
  EXPECT_EQ(open->root()["upgrades"].at(0).as_string(), "websocket");
  EXPECT_EQ(open->root()["pingInterval"].as_integer(), 25000);
  EXPECT_EQ(open->root()["pingTimeout"].as_integer(), 20000);
  EXPECT_EQ(open->root()["maxPayload"].as_integer(), 1000000);
}

TEST_F(EnginePollingTest, WhatIsSaidInOneTurnLeavesInOneAnswer) {
  open_polling();
  const net::ExchangeId parked = poll();
  say("4a");
  session->send(net::make_frame(net::Opcode::kBinary, std::string_view("\1\2\3\4", 4)));
  say("4b");
  EXPECT_FALSE(answered(parked));
  turn();
  ASSERT_TRUE(answered(parked));
  EXPECT_EQ(body(parked),
            "4a\x1e"
            "bAQIDBA==\x1e"
            "4b");
}

TEST_F(EnginePollingTest, APollThatComesLateIsAnsweredAtOnce) {
  open_polling();
  say("4a");
  turn();
  const net::ExchangeId late = poll();
  ASSERT_TRUE(answered(late));
  EXPECT_EQ(body(late), "4a");
}

TEST_F(EnginePollingTest, APostIsTakenApart) {
  open_polling();
  const net::ExchangeId id = post(
      "4hello\x1e"
      "bAQIDBA==\x1e"
      "4\xE2\x82\xAC");
  EXPECT_EQ(answers.at(id).status, 200);
  EXPECT_EQ(answers.at(id).content_type, "text/html");
  EXPECT_EQ(body(id), "ok");
  EXPECT_EQ(heard,
            (std::vector<std::string>{"text:hello", "binary:\1\2\3\4", "text:\xE2\x82\xAC"}));
}

// Shows: R62
TEST_F(EnginePollingTest, AFaultyPostIsRefusedAndEndsTheSession) {
  for (const std::string& body :
       {std::string("abc"), std::string(), std::string("4a\x1e"), std::string("b!!!!"),
        std::string("4\xFF"), std::string("0"), std::string("2"), std::string("5"),
        std::string("4a\x1e") + "x"}) {
    open_polling();
    const net::ExchangeId parked = poll();
    EXPECT_EQ(answers.at(post(body)).status, 400) << body;
    turn();
    EXPECT_EQ(cause(), net::CloseCause::kProtocolError) << body;
    EXPECT_EQ(this->body(parked), "1") << body;
    EXPECT_EQ(sessions.find("sid"), nullptr) << body;
  }
  open_polling();
  EXPECT_EQ(answers.at(post("4a", "application/octet-stream")).status, 400);
  turn();
  EXPECT_EQ(sessions.find("sid"), nullptr);
}

// Shows: R62
TEST_F(EnginePollingTest, APayloadHoldsAtMost64Packets) {
  open_polling();
  std::string most = "4";
  for (int i = 1; i < 64; ++i)
    most +=
        "\x1e"
        "4";
  EXPECT_EQ(answers.at(post(most)).status, 200);
  EXPECT_EQ(heard.size(), 64U);
  EXPECT_EQ(answers
                .at(post(most + "\x1e"
                                "4"))
                .status,
            400);
  EXPECT_EQ(heard.size(), 64U) << "nothing of a faulty payload is taken";
}

// Shows: R62
TEST_F(EnginePollingTest, OverlappingPollsEndTheSession) {
  open_polling();
  const net::ExchangeId first = poll();
  const net::ExchangeId second = poll();
  EXPECT_EQ(answers.at(first).status, 200);
  EXPECT_EQ(body(first), "1");
  EXPECT_EQ(answers.at(second).status, 400);
  EXPECT_EQ(cause(), net::CloseCause::kTransportError);
  EXPECT_EQ(sessions.find("sid"), nullptr);
}

// Shows: R62
TEST_F(EnginePollingTest, OverlappingPostsEndTheSession) {
  open_polling();
  const net::ExchangeId parked = poll();
  EXPECT_FALSE(sessions.begin_post(*session, ++last).has_value());
  const auto refusal = sessions.begin_post(*session, ++last);
  ASSERT_TRUE(refusal.has_value());
  EXPECT_EQ(refusal->status, 400);
  EXPECT_EQ(body(parked), "1");
  EXPECT_EQ(sessions.find("sid"), nullptr);
}

// The POST whose body is under way must not be forgotten: its connection still ends some day.
// Shows: R7 R62
TEST_F(EnginePollingTest, APostThatComesWholeOverlapsTheOneThatIsBeingRead) {
  for (const char* body : {"", "1", "4a"}) {
    open_polling();
    ASSERT_FALSE(sessions.begin_post(*session, ++last).has_value());
    const net::ExchangeId half = last;
    EXPECT_EQ(answers.at(post(body)).status, 400);
    EXPECT_EQ(cause(), net::CloseCause::kTransportError);
    EXPECT_EQ(sessions.find("sid"), nullptr);
    turn();  // The session is destroyed.
    sessions.gone(half);
    EXPECT_TRUE(heard.empty());
  }
}

TEST_F(EnginePollingTest, APollWhosePeerLeftEndsTheSessionAtOnce) {
  open_polling();
  sessions.gone(poll());
  EXPECT_EQ(cause(), net::CloseCause::kTransportError);
  EXPECT_EQ(sessions.find("sid"), nullptr);

  open_polling();
  const net::ExchangeId answered = poll();
  say("4a");
  turn();
  sessions.gone(answered);
  EXPECT_NE(sessions.find("sid"), nullptr) << "an answered request concerns nobody any more";

  EXPECT_FALSE(sessions.begin_post(*session, ++last).has_value());
  sessions.gone(last);
  EXPECT_EQ(sessions.find("sid"), nullptr) << "half a POST is a broken transport";
}

TEST_F(EnginePollingTest, AClosePacketIsAnsweredByANoop) {
  open_polling();
  const net::ExchangeId parked = poll();
  EXPECT_EQ(body(post("1")), "ok");
  EXPECT_EQ(body(parked), "6");
  turn();
  EXPECT_EQ(cause(), net::CloseCause::kPeerClosed);
  EXPECT_EQ(sessions.find("sid"), nullptr);
}

TEST_F(EnginePollingTest, ClosingSendsWhatIsQueuedAndNeverEndsInsideTheCall) {
  open_polling();
  const net::ExchangeId parked = poll();
  say("41");
  session->close(1001, "bye");
  EXPECT_TRUE(session->closing());
  EXPECT_TRUE(causes.empty());
  turn();
  EXPECT_EQ(body(parked), "41");
  EXPECT_TRUE(causes.empty());
  EXPECT_EQ(body(poll()), "1") << "in an answer of its own";
  EXPECT_EQ(cause(), net::CloseCause::kLocal);
}

TEST_F(EnginePollingTest, AClosingSessionWaitsForThePollThatCarriesItsLastWords) {
  open_polling();
  say("44{}");
  session->close(1001, "bye");
  pass(1'999);
  ASSERT_NE(sessions.find("sid"), nullptr);
  EXPECT_EQ(body(poll()), "44{}");
  EXPECT_EQ(body(poll()), "1");
  EXPECT_EQ(cause(), net::CloseCause::kLocal);

  causes.clear();
  open_polling();
  session->close(1001, "bye");
  pass(2'000);
  EXPECT_EQ(cause(), net::CloseCause::kLocal);
  EXPECT_EQ(sessions.find("sid"), nullptr);
}

// Shows: R68
TEST_F(EnginePollingTest, PingsTravelInPollsAndTheSilentAreEnded) {
  open_polling();
  const net::ExchangeId parked = poll();
  pass(25'000);
  turn();
  EXPECT_EQ(body(parked), "2");
  EXPECT_EQ(body(post("3")), "ok");
  const net::ExchangeId second = poll();
  pass(25'000);
  turn();
  EXPECT_EQ(body(second), "2");
  const net::ExchangeId third = poll();
  pass(19'999);
  EXPECT_FALSE(answered(third));
  pass(1);
  EXPECT_EQ(body(third), "1");
  EXPECT_EQ(cause(), net::CloseCause::kPingTimeout);
}

// Shows: R67
TEST_F(EnginePollingTest, WhoDoesNotPollFallsBehindAndIsLetGo) {
  options.send_queue = 100;
  open_polling();
  const std::string message = "4" + std::string(59, 'x');
  say(message);
  EXPECT_FALSE(session->closing());
  say(message);
  EXPECT_TRUE(session->closing());
  turn();
  EXPECT_EQ(cause(), net::CloseCause::kSlowConsumer);

  options.drop_over_queue = true;
  open_polling();
  say(message);
  say(message);
  say("4y");
  turn();
  EXPECT_EQ(body(poll()), message +
                              "\x1e"
                              "4y");
}

// Shows: R63 S35
TEST_F(EnginePollingTest, StrangersAreCountedPerAddressUntilTheyJoin) {
  const EngineSessions::Peer peer{"a", "", ""};
  for (std::size_t i = 0; i < EngineSessions::kStrangersPerAddress; ++i) {
    ASSERT_TRUE(sessions.has_room(peer));
    sessions.open_polling("s" + std::to_string(i), peer, options, std::make_unique<Client>(*this),
                          ++last);
  }
  EXPECT_FALSE(sessions.has_room(peer));
  EXPECT_TRUE(sessions.has_room({"b", "", ""}));
  session->admit(true, 1'000'000);
  EXPECT_TRUE(sessions.has_room(peer));
  session->admit(false, 16'384);
  EXPECT_FALSE(sessions.has_room(peer));
  session->end(net::CloseCause::kLocal);
  EXPECT_TRUE(sessions.has_room(peer));
}

}  // namespace
}  // namespace securechat::connection
