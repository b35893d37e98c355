#pragma once

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "audit/trail.h"
#include "auth/accounts.h"
#include "auth/filter_chain.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "base/mailbox.h"
#include "base/rate_limiter.h"
#include "base/timer_queue.h"
#include "chat/environment.h"
#include "chat/history.h"
#include "chat/memory_store.h"
#include "chat/namespaces.h"
#include "chat/peer_sessions.h"
#include "chat/peer_table.h"
#include "chat/presence.h"
#include "chat/session_table.h"
#include "connection/engine_sessions.h"
#include "connection/fake_socket.h"
#include "connection/plain_connection.h"
#include "connection/socket_io_connection.h"

namespace securechat::chat::testing {

// Accounts whose tokens are the names of their users; authentication answers when the test says.
class FakeAccounts final : public auth::Accounts {
 public:
  void set_keyring(std::shared_ptr<const auth::Keyring>, auth::AccountOptions) override {}
  void register_user(std::string, std::string, Secret,
                     UniqueFunction<void(auth::Outcome<auth::Grant>)>) override {}
  void login(auth::LoginAttempt, UniqueFunction<void(auth::Outcome<auth::Grant>)>) override {}
  void refresh(std::string, UniqueFunction<void(auth::Outcome<auth::Grant>)>) override {}
  void logout_by_refresh(std::string, UniqueFunction<void(auth::Fault)>) override {}
  void logout(std::string, UniqueFunction<void(auth::Fault)>) override {}
  void logout_all(std::string, UniqueFunction<void(auth::Fault)>) override {}
  void change_password(auth::PasswordChangeAttempt,
                       UniqueFunction<void(auth::Outcome<std::monostate>)>) override {}
  void authenticate(std::string token,
                    UniqueFunction<void(auth::Outcome<auth::Principal>)> done) override {
    auth::Outcome<auth::Principal> outcome;
    const auto known = principals.find(token);
    if (token.empty()) {
      outcome.fault = auth::Fault::kNoToken;
    } else if (known == principals.end()) {
      outcome.fault = auth::Fault::kTokenInvalid;
    } else {
      outcome = {auth::Fault::kNone, known->second};
    }
    done(std::move(outcome));
  }
  [[nodiscard]] auth::Verified verify(std::string_view) const override { return {}; }
  [[nodiscard]] auth::Verified verify_refresh(std::string_view) const override { return {}; }
  [[nodiscard]] bool csrf_ok(std::string_view, std::string_view) const override { return true; }
  [[nodiscard]] Result<std::string> issue_csrf(std::string_view) const override {
    return {Code::kUnsupported, "fake"};
  }
  Result<storage::User> create_user(std::string, std::string, Secret, std::string) override {
    return {Code::kUnsupported, "fake"};
  }
  Result<std::string> issue_token(std::string, std::int64_t) override {
    return {Code::kUnsupported, "fake"};
  }
  Result<std::vector<storage::LoginSession>> list_logins(std::string) override {
    return std::vector<storage::LoginSession>();
  }
  Status end_login(std::string) override { return {}; }
  Status revoke_tokens(std::string, std::int64_t) override { return {}; }
  Status set_enabled(std::string, bool) override { return {}; }
  Status set_role(std::string, std::string) override { return {}; }
  Status set_password(std::string, Secret) override { return {}; }
  Status remove_user(std::string) override { return {}; }
  Result<storage::User> find_user(std::string_view) override {
    return {Code::kUnsupported, "fake"};
  }
  Result<std::vector<storage::User>> list_users() override { return std::vector<storage::User>(); }

  std::map<std::string, auth::Principal> principals;
};

struct NoNeighbours final : Neighbours {
  [[nodiscard]] bool none() const override { return true; }
  void post(const std::function<void(Namespaces&)>&) const override {}
};

// One client of the test: a socket, the connection on it, and what it heard.
struct Client {
  securechat::testing::FakeSocket socket;
  std::unique_ptr<net::SocketHandler> transport;
  connection::Connection* connection = nullptr;

  void say(std::string_view frame) { transport->on_message(true, frame); }
  // The texts since the last call.
  std::vector<std::string> heard() { return socket.take(); }
  void leave() { transport->on_close(net::CloseCause::kPeerClosed); }
};

class ChatTest : public ::testing::Test, public connection::ExchangeAnswers {
 protected:
  void answer(net::ExchangeId, net::HttpResponse) override {}

  ChatTest() { use_history(History::in_memory(std::make_shared<MemoryStore>(100, true))); }

  // Everything that depends on the options and the history is made here.
  void use_history(std::unique_ptr<History> history) {
    namespaces_.reset();
    environment_.reset();
    history_ = std::move(history);
    filters_ =
        auth::FilterChain::create(accounts, {{{"http://localhost:3000"}, true, false}, false},
                                  host_filters, join_rate, clock, log);
    environment_.reset(new Environment{clock, log, trail, counters, 0, timers, accounts, *filters_,
                                       *history_, sessions, message_rate, room_rate, request_rate,
                                       hooks, presence, neighbours, lost_sessions, options,
                                       mailbox});
    namespaces_ = std::make_unique<Namespaces>(*environment_, declared);
  }

  auth::Principal& add_user(const std::string& name) {
    auth::Principal principal;
    principal.user_id = "id-" + name;
    principal.username = name;
    principal.email = name + "@example.com";
    principal.sid = "sid-" + name;
    return accounts.principals[name] = principal;
  }

  std::unique_ptr<Client> connect(connection::Wire wire) {
    auto client = std::make_unique<Client>();
    auth::Handshake handshake;
    handshake.address = *IpAddress::parse("127.0.0.1");
    auto peer = std::make_unique<PeerSessions>(handshake, nullptr, wire, *namespaces_, peers);
    const connection::ConnectionContext context{connection_options, timers, clock};
    if (wire == connection::Wire::kPlain) {
      auto plain = std::make_unique<connection::PlainConnection>(context, clock.monotonic_ms(),
                                                                 std::move(peer));
      client->connection = plain.get();
      client->transport = std::move(plain);
    } else {
      auto socket_io = std::make_unique<connection::SocketIoConnection>(
          context, clock.monotonic_ms(), std::move(peer));
      client->connection = socket_io.get();
      connection::EngineOptions engine;
      engine.ping_interval_ms = connection_options.ping_interval_ms;
      client->transport = engine_sessions.open_websocket("engine-" + std::to_string(++engine_sids_),
                                                         {}, engine, std::move(socket_io));
    }
    client->transport->on_open(client->socket);
    client->heard();
    return client;
  }

  // A joined client whose welcome was taken.
  std::unique_ptr<Client> join_plain(const std::string& name) {
    if (!accounts.principals.contains(name)) add_user(name);
    auto client = connect(connection::Wire::kPlain);
    client->say(R"({"type":"auth","token":")" + name + "\"}");
    settle();
    client->heard();
    return client;
  }
  std::unique_ptr<Client> join_socket_io(const std::string& name) {
    if (!accounts.principals.contains(name)) add_user(name);
    auto client = connect(connection::Wire::kSocketIo);
    client->say(R"(40{"token":")" + name + "\"}");
    settle();
    client->heard();
    return client;
  }

  void settle() {
    while (mailbox->drain() > 0) {
    }
  }
  void pass(std::int64_t ms) {
    clock.advance_ms(ms);
    timers.run(clock.monotonic_ms());
  }

  // The "data" of the only frame, which must be an acknowledgement.
  static std::string ack_of(Client& client) {
    const std::vector<std::string> frames = client.heard();
    for (const std::string& frame : frames) {
      if (frame.starts_with(R"({"type":"ack")")) {
        const std::size_t data = frame.find(R"("data":)");
        return frame.substr(data + 7, frame.size() - data - 8);
      }
    }
    return "no acknowledgement";
  }

  ManualClock clock;
  Logger log{clock, LogFormat::kText, LogLevel::kDebug};
  Counters counters;
  audit::Trail trail{clock, log};
  TimerQueue timers;
  FakeAccounts accounts;
  std::vector<auth::HostFilter> host_filters;
  RateLimiter join_rate{1000, 60'000, true};
  RateLimiter message_rate{30, 60'000, false};
  RateLimiter room_rate{120, 60'000, false};
  RateLimiter request_rate{200, 10'000, false};
  LiveSessions live;
  SessionTable sessions{live};
  PeerTable peers;
  Hooks hooks;
  std::vector<std::string> declared;  // Namespaces beside "/"; used by use_history().
  Presence presence;
  NoNeighbours neighbours;
  RecoveryTable lost_sessions{120'000};
  ChatOptions options;
  connection::ConnectionOptions connection_options;
  std::shared_ptr<Mailbox> mailbox = std::make_shared<Mailbox>([] {});
  std::unique_ptr<History> history_;
  std::unique_ptr<auth::FilterChain> filters_;
  std::unique_ptr<Environment> environment_;
  std::unique_ptr<Namespaces> namespaces_;
  connection::EngineSessions engine_sessions{*this, timers, clock};
  int engine_sids_ = 0;
};

}  // namespace securechat::chat::testing
