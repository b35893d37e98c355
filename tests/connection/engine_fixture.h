#pragma once

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/timer_queue.h"
#include "connection/engine_sessions.h"
#include "connection/fake_socket.h"

namespace securechat::testing {

// The sessions of a shard without a network: requests are numbered, answers are kept.
class EngineFixture : public ::testing::Test, public connection::ExchangeAnswers {
 protected:
  static constexpr net::CloseCause kNoCause = static_cast<net::CloseCause>(0xFF);

  // Keeps what the session hands up; echoes when asked to.
  struct Client final : connection::EngineClient {
    explicit Client(EngineFixture& f) : fixture(f) {}
    void on_open(connection::EngineSession& opened) override { fixture.session = &opened; }
    void on_message(bool text, std::string_view payload) override {
      fixture.heard.push_back((text ? "text:" : "binary:") + std::string(payload));
    }
    void on_socket(net::Socket* way) override { fixture.direct = way; }
    void on_close(net::CloseCause cause) override {
      fixture.causes.push_back(cause);
      fixture.session = nullptr;
    }
    EngineFixture& fixture;
  };

  void answer(net::ExchangeId id, net::HttpResponse response) override {
    EXPECT_FALSE(answers.contains(id)) << "one request, one answer";
    answers[id] = std::move(response);
  }

  void open_polling(connection::EngineSessions::Peer peer = {"address", "origin", ""}) {
    sessions.open_polling("sid", std::move(peer), options, std::make_unique<Client>(*this), ++last);
  }
  void open_websocket() {
    transport = sessions.open_websocket("sid", {"address", "origin", ""}, options,
                                        std::make_unique<Client>(*this));
    transport->on_open(socket);
  }
  net::ExchangeId poll() {
    sessions.poll(*session, ++last);
    return last;
  }
  net::ExchangeId post(std::string_view body, std::string_view content_type = "text/plain") {
    sessions.post(*session, ++last, content_type, body);
    return last;
  }
  void say(std::string_view packet) { session->send(net::make_frame(net::Opcode::kText, packet)); }
  void pass(std::int64_t ms) {
    clock.advance_ms(ms);
    timers.run(clock.monotonic_ms());
  }
  // The end of a turn of the loop.
  void turn() { pass(0); }
  [[nodiscard]] bool answered(net::ExchangeId id) const { return answers.contains(id); }
  [[nodiscard]] const std::string& body(net::ExchangeId id) { return answers.at(id).body; }
  [[nodiscard]] net::CloseCause cause() const { return causes.empty() ? kNoCause : causes.back(); }

  ManualClock clock;
  TimerQueue timers;
  connection::EngineOptions options;
  FakeSocket socket;
  std::map<net::ExchangeId, net::HttpResponse> answers;
  std::vector<std::string> heard;
  std::vector<net::CloseCause> causes;
  net::Socket* direct = nullptr;
  connection::EngineSession* session = nullptr;
  net::ExchangeId last = 0;
  std::unique_ptr<net::SocketHandler> transport;
  connection::EngineSessions sessions{*this, timers, clock};
};

}  // namespace securechat::testing
