#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "chat/chat_fixture.h"

namespace securechat::chat::testing {
namespace {

using Texts = std::vector<std::string>;

class Joining : public ChatTest {};

TEST_F(Joining, APlainPeerIsWelcomedByNameAndHearsItsRoom) {
  add_user("ada");
  auto ada = connect(connection::Wire::kPlain);
  ada->say(R"({"type":"auth","token":"ada"})");
  settle();
  const Texts heard = ada->heard();
  ASSERT_EQ(heard.size(), 1U);
  const Result<JsonDocument> welcome = JsonDocument::parse(heard[0]);
  ASSERT_TRUE(welcome.ok());
  EXPECT_EQ(welcome->root()["type"].as_string(), "welcome");
  EXPECT_EQ(welcome->root()["user"]["id"].as_string(), "id-ada");
  EXPECT_EQ(welcome->root()["user"]["username"].as_string(), "ada");
  EXPECT_EQ(welcome->root()["resumed"].as_bool(), false);
  EXPECT_GE(welcome->root()["sid"].as_string()->size(), 22U);
}

// Shows: R40 R50
TEST_F(Joining, FaultsAreNamedOnEachWire) {
  const std::vector<std::pair<std::string, std::string>> table{
      {R"({})", "NO_TOKEN"},
      {R"({"token":""})", "NO_TOKEN"},
      {R"({"token":null})", "NO_TOKEN"},
      {R"({"token":"nobody"})", "AUTH_FAILED"},
      {R"({"token":7})", "AUTH_FAILED"},
      {R"({"token":{"a":1}})", "AUTH_FAILED"},
  };
  for (const auto& [auth, name] : table) {
    auto peer = connect(connection::Wire::kSocketIo);
    peer->say("40" + auth);
    settle();
    EXPECT_EQ(peer->heard(),
              Texts{R"(44{"message":")" + name + R"(","data":{"code":")" + name + "\"}}"})
        << auth;
    EXPECT_FALSE(peer->socket.closing()) << auth;

    auto plain = connect(connection::Wire::kPlain);
    plain->say(R"({"type":"auth")" + (auth == "{}" ? "}" : "," + auth.substr(1)));
    settle();
    EXPECT_EQ(plain->heard(),
              Texts{R"({"type":"error","message":")" + name + R"(","code":")" + name + "\"}"});
    EXPECT_EQ(plain->socket.close_code, 4401) << auth;
  }
}

// Shows: R8 S9
TEST_F(Joining, AnUnknownNamespaceIsNamedAfterTheToken) {
  add_user("ada");
  auto peer = connect(connection::Wire::kSocketIo);
  peer->say("40/nowhere,{}");
  settle();
  EXPECT_NE(peer->heard().at(0).find("NO_TOKEN"), std::string::npos);
  peer->say(R"(40/nowhere,{"token":"ada"})");
  settle();
  EXPECT_EQ(
      peer->heard(),
      Texts{R"(44/nowhere,{"message":"Invalid namespace","data":{"code":"INVALID_NAMESPACE"}})"});
}

TEST_F(Joining, WhatIsSentBehindTheTokenWaitsForTheAnswer) {
  add_user("ada");
  auto ada = connect(connection::Wire::kPlain);
  ada->say(R"({"type":"auth","token":"ada"})");
  ada->say(R"({"type":"send-message","ref":1,"data":{"message":"early"}})");
  EXPECT_TRUE(ada->heard().empty());
  settle();
  const Texts heard = ada->heard();
  ASSERT_EQ(heard.size(), 3U);
  EXPECT_TRUE(heard[0].starts_with(R"({"type":"welcome")"));
  EXPECT_TRUE(heard[1].starts_with(R"({"type":"receive-message")"));
}

// Shows: R58 R72
TEST_F(Joining, TooMuchBehindTheTokenIsAFault) {
  add_user("ada");
  auto ada = connect(connection::Wire::kPlain);
  ada->say(R"({"type":"auth","token":"ada"})");
  for (int i = 0; i < 17; ++i) ada->say(R"({"type":"x"})");
  EXPECT_EQ(ada->socket.close_code, 1008);
  settle();
  EXPECT_TRUE(sessions.of_user("id-ada").empty());
}

// Attachments count as texts do.
// Shows: R72
TEST_F(Joining, TooManyBytesBehindTheTokenAreAFault) {
  add_user("ada");
  for (const std::size_t attachment : {10'000U, 15'000U}) {
    auto client = connect(connection::Wire::kSocketIo);
    client->say(R"(40{"token":"ada"})");
    for (int i = 0; i < 5; ++i) {
      client->say(R"(451-["file",{"_placeholder":true,"num":0}])");
      client->transport->on_message(false, std::string(attachment, 'x'));
    }
    EXPECT_EQ(client->socket.closing(), attachment == 15'000) << attachment;
    settle();
  }
}

// Shows: R8
TEST_F(Joining, AnEventBeforeTheTokenIsRefused) {
  auto plain = connect(connection::Wire::kPlain);
  plain->say(R"({"type":"send-message","data":{"message":"x"}})");
  EXPECT_EQ(plain->socket.close_code, 4401);
  auto peer = connect(connection::Wire::kSocketIo);
  peer->say(R"(42["send-message",{"message":"x"}])");
  EXPECT_EQ(peer->socket.close_code, 1005);
}

// Fails when a filter is asked about a peer whose connection, and headers, are gone.
// Shows: R7
TEST_F(Joining, AFilterIsNotAskedAboutAPeerThatLeft) {
  int asked = 0;
  host_filters.push_back({"counts", 0, [&asked](auth::Handshake&) {
                            ++asked;
                            return auth::Verdict::kNext;
                          }});
  use_history(History::in_memory(std::make_shared<MemoryStore>(100, true)));
  {
    auto peer = connect(connection::Wire::kSocketIo);
    peer->say(R"(40{"token":"x"})");
    peer->leave();
  }
  settle();
  EXPECT_EQ(asked, 0);
}

// Shows: R63
TEST_F(Joining, WhoOnlyAsksToBeRefusedIsClosed) {
  auto peer = connect(connection::Wire::kSocketIo);
  for (int i = 0; i < 8; ++i) {
    EXPECT_FALSE(peer->socket.closing()) << i;
    peer->say("40/n" + std::to_string(i) + ",{}");
    settle();
  }
  EXPECT_TRUE(peer->socket.closing());
}

// Shows: R21
TEST_F(Joining, ARevocationThatOvertakesAJoinHolds) {
  add_user("ada");
  auto ada = connect(connection::Wire::kPlain);
  ada->say(R"({"type":"auth","token":"ada"})");
  sessions.remember_revoked("sid-ada");
  settle();
  EXPECT_EQ(ada->socket.close_code, 4401);
}

// Shows: R57 R58
TEST_F(Joining, AConnectionWithoutASessionIsAStrangerAgain) {
  connection_options.ping_interval_ms = 3'600'000;
  auto ada = join_socket_io("ada");
  EXPECT_EQ(ada->socket.payload_limit, 1'000'000U);
  ada->say("41");
  EXPECT_EQ(ada->socket.payload_limit, 16'384U);
  pass(10'000);
  EXPECT_TRUE(ada->socket.closing());
}

TEST_F(Joining, ASecondConnectToANamespaceIsAFault) {
  auto ada = join_socket_io("ada");
  ada->say(R"(40{"token":"ada"})");
  EXPECT_EQ(ada->socket.close_code, 1005);
}

// Shows: R7
TEST_F(Joining, APeerThatLeavesWhileItIsBeingDecidedLeavesNothing) {
  add_user("ada");
  {
    auto ada = connect(connection::Wire::kPlain);
    ada->say(R"({"type":"auth","token":"ada"})");
    ada->leave();
  }
  settle();
  EXPECT_EQ(sessions.size(), 0U);
  EXPECT_TRUE(peers.empty());
}

// Shows: R33 S35
TEST_F(Joining, SocketsPerUserAreLimited) {
  options.sockets_per_user = 2;
  use_history(History::in_memory(std::make_shared<MemoryStore>(100, true)));
  auto first = join_plain("ada");
  auto second = join_plain("ada");
  auto third = connect(connection::Wire::kPlain);
  third->say(R"({"type":"auth","token":"ada"})");
  settle();
  EXPECT_EQ(third->socket.close_code, 4429);
  EXPECT_EQ(third->socket.close_reason, "TOO_MANY_CONNECTIONS");
  first->leave();
  auto fourth = join_plain("ada");
  EXPECT_FALSE(fourth->socket.closing());
}

// Shows: R22 S16
TEST_F(Joining, ExpiryIsAnnouncedAndThenEndsTheSession) {
  connection_options.ping_interval_ms = 3'600'000;
  add_user("ada").expires_at_s = clock.unix_seconds() + 100;
  auto ada = join_socket_io("ada");
  EXPECT_TRUE(ada->heard().empty());
  pass(39'999);
  EXPECT_TRUE(ada->heard().empty());
  pass(1);
  EXPECT_EQ(ada->heard(), Texts{R"(42["auth-expiring",{"expiresAt":"2023-11-14T22:15:00.000Z"}])"});
  pass(60'000);
  const Texts end = ada->heard();
  ASSERT_GE(end.size(), 2U);
  EXPECT_TRUE(end[end.size() - 2].starts_with(R"(42["error",{"message":"TOKEN_EXPIRED")"));
  EXPECT_EQ(end.back(), "41");
  EXPECT_TRUE(ada->socket.closing());
}

// Shows: R22
TEST_F(Joining, ATokenWithLittleLeftIsAnnouncedAtOnce) {
  add_user("ada").expires_at_s = clock.unix_seconds() + 10;
  auto ada = connect(connection::Wire::kPlain);
  ada->say(R"({"type":"auth","token":"ada"})");
  settle();
  EXPECT_TRUE(ada->heard().at(1).starts_with(R"({"type":"auth-expiring","data":{"expiresAt":)"));
  pass(10'000);
  EXPECT_EQ(ada->socket.close_code, 4401);
  EXPECT_EQ(ada->socket.close_reason, "TOKEN_EXPIRED");
}

// Shows: R22
TEST_F(Joining, RefreshAuthSwapsTheClaimsOfTheSameUser) {
  add_user("ada").expires_at_s = clock.unix_seconds() + 100;
  auto ada = join_plain("ada");
  auth::Principal newer = accounts.principals["ada"];
  newer.expires_at_s = clock.unix_seconds() + 1000;
  newer.sid = "another-login";
  accounts.principals["newer"] = newer;
  add_user("bob");
  ada->say(R"({"type":"refresh-auth","ref":1,"data":{"token":"bob"}})");
  settle();
  EXPECT_EQ(ack_of(*ada), R"({"ok":false,"error":"Forbidden","code":"FORBIDDEN"})");
  ada->say(R"({"type":"refresh-auth","ref":1,"data":{"token":"nobody"}})");
  settle();
  EXPECT_EQ(ack_of(*ada), R"({"ok":false,"error":"AUTH_FAILED","code":"AUTH_FAILED"})");
  ada->say(R"({"type":"refresh-auth","ref":1,"data":{"token":"newer"}})");
  settle();
  EXPECT_EQ(ack_of(*ada), R"({"ok":true,"expiresAt":"2023-11-14T22:30:00.000Z"})");
  EXPECT_EQ(sessions.of_login("another-login").size(), 1U);
  EXPECT_TRUE(sessions.of_login("sid-ada").empty());
  pass(100'000);
  EXPECT_FALSE(ada->socket.closing() && ada->socket.close_code == 4401);
}

TEST_F(Joining, TheHostHearsOfComingAndGoing) {
  Texts log_lines;
  hooks.connect = [&](SessionId, std::string_view user, std::string_view nsp) {
    log_lines.push_back("+" + std::string(user) + std::string(nsp));
  };
  hooks.disconnect = [&](SessionId, std::string_view user, std::string_view reason) {
    log_lines.push_back("-" + std::string(user) + " " + std::string(reason));
  };
  auto ada = join_socket_io("ada");
  ada->say("41");
  EXPECT_FALSE(ada->socket.closing());
  ada->say(R"(40{"token":"ada"})");
  settle();
  ada->leave();
  EXPECT_EQ(log_lines, (Texts{"+id-ada/", "-id-ada client namespace disconnect", "+id-ada/",
                              "-id-ada transport close"}));
}

TEST_F(Joining, DrainingWaitsForWhatIsDue) {
  auto idle = join_plain("ada");
  auto busy = join_plain("bob");
  add_user("carol");
  busy->say(R"({"type":"refresh-auth","ref":1,"data":{"token":"bob"}})");
  for (PeerSessions* peer : peers.all()) peer->drain();
  EXPECT_EQ(idle->socket.close_code, 1001);
  EXPECT_FALSE(busy->socket.closing());
  settle();
  EXPECT_EQ(busy->socket.close_code, 1001);
  EXPECT_TRUE(busy->heard().at(0).starts_with(R"({"type":"ack")"));
}

}  // namespace
}  // namespace securechat::chat::testing
