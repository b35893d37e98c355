#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "base/random.h"
#include "conformance/host.h"
#include "conformance/loop_thread.h"
#include "connection/engine_answers.h"
#include "connection/engine_sessions.h"
#include "net/frame.h"
#include "net/transport.h"

namespace securechat::conformance {

namespace {

namespace engine_io = protocol::engine_io;

constexpr std::string_view kPath = "/engine.io/";
constexpr std::size_t kMaxPayload = 1'000'000;

// Sends every message back as it came.
class Echo final : public connection::EngineClient {
 public:
  void on_open(connection::EngineSession& session) override { session_ = &session; }
  void on_message(bool text, std::string_view payload) override {
    session_->send(text ? net::make_frame(net::Opcode::kText, "4", payload)
                        : net::make_frame(net::Opcode::kBinary, payload));
  }
  void on_socket(net::Socket*) override {}
  void on_close(net::CloseCause) override {}

 private:
  connection::EngineSession* session_ = nullptr;
};

std::string parameter(const net::RequestHead& head, std::string_view name) {
  const std::string query = "&" + head.query + "&";
  const std::string key = "&" + std::string(name) + "=";
  const std::size_t start = query.find(key);
  if (start == std::string::npos) return {};
  const std::size_t value = start + key.size();
  return query.substr(value, query.find('&', value) - value);
}

net::HttpResponse fault(const engine_io::Error& error) {
  return connection::engine_error_answer(400, error);
}

// The endpoint without anybody to judge who comes in.
class EngineTransport final : public net::TransportHandler, public connection::ExchangeAnswers {
 public:
  explicit EngineTransport(const HostOptions& options) {
    engine_.ping_interval_ms = options.ping_interval_ms;
    engine_.ping_timeout_ms = options.ping_timeout_ms;
    engine_.max_payload = kMaxPayload;
    engine_.payload_limit = kMaxPayload;
  }

  void answer_by(net::Loop& loop, const Clock& clock) {
    loop_ = &loop;
    sessions_ = std::make_unique<connection::EngineSessions>(*this, loop.timers(), clock);
  }
  // On the loop's thread, or after it has ended.
  void end() { sessions_->end_all(net::CloseCause::kLocal); }

  net::UpgradeDecision on_upgrade(const net::RequestHead& head) override {
    if (head.path != kPath) return on_fault(head, 404);
    if (parameter(head, "transport") != "websocket") return fault(engine_io::kUnknownTransport);
    const std::string sid = parameter(head, "sid");
    if (sid.empty()) {
      if (parameter(head, "EIO") != "4") return fault(engine_io::kUnsupportedVersion);
      return net::UpgradeAccepted{
          sessions_->open_websocket(*random_base64url(18), {}, engine_, std::make_unique<Echo>()),
          kMaxPayload};
    }
    connection::EngineSession* session = sessions_->find(sid);
    if (session == nullptr) return fault(engine_io::kUnknownSession);
    if (!session->may_upgrade()) {
      return net::UpgradeAccepted{std::make_unique<connection::EngineSocket>(nullptr)};
    }
    return net::UpgradeAccepted{session->open_probe(), kMaxPayload};
  }

  std::optional<net::HttpResponse> on_body(net::ExchangeId id, const net::RequestHead& head,
                                           std::size_t length) override {
    connection::EngineSession* session = sessions_->find(parameter(head, "sid"));
    if (session == nullptr) return fault(engine_io::kUnknownSession);
    if (session->uses_websocket()) return fault(engine_io::kBadRequest);
    if (length > kMaxPayload) return on_fault(head, 413);
    return sessions_->begin_post(*session, id);
  }

  void on_request(net::ExchangeId id, net::RequestHead head, std::string body) override {
    const std::string sid = parameter(head, "sid");
    connection::EngineSession* session = sessions_->find(sid);
    if (head.path != kPath) {
      answer(id, on_fault(head, 404));
    } else if (parameter(head, "transport") != "polling") {
      answer(id, fault(engine_io::kUnknownTransport));
    } else if (sid.empty()) {
      open(id, head);
    } else if (session == nullptr) {
      answer(id, fault(engine_io::kUnknownSession));
    } else if (session->uses_websocket()) {
      answer(id, fault(engine_io::kBadRequest));
    } else if (head.method == "POST") {
      sessions_->post(*session, id, head.header("content-type").value_or(""), body);
    } else {
      sessions_->poll(*session, id);
    }
  }

  void on_gone(net::ExchangeId id) override { sessions_->gone(id); }

  net::HttpResponse on_fault(const net::RequestHead&, int status) override {
    net::HttpResponse response;
    response.status = status;
    response.content_type = "text/plain";
    response.body = "this server echoes Engine.IO messages at /engine.io/\n";
    return response;
  }

  void answer(net::ExchangeId id, net::HttpResponse response) override {
    loop_->answer(id, std::move(response));
  }

 private:
  void open(net::ExchangeId id, const net::RequestHead& head) {
    if (head.method != "GET") {
      answer(id, fault(engine_io::kBadHandshakeMethod));
    } else if (parameter(head, "EIO") != "4") {
      answer(id, fault(engine_io::kUnsupportedVersion));
    } else {
      sessions_->open_polling(*random_base64url(18), {}, engine_, std::make_unique<Echo>(), id);
    }
  }

  net::Loop* loop_ = nullptr;
  connection::EngineOptions engine_;
  std::unique_ptr<connection::EngineSessions> sessions_;
};

}  // namespace

int run_engineio(const HostOptions& options) {
  net::LoopOptions loop_options;
  loop_options.limits = roomy_limits();
  EngineTransport transport(options);
  {
    LoopThread thread(loop_options, transport, options.port);
    transport.answer_by(thread.loop(), thread.clock());
    thread.start();
    wait_for_end_signal();
    thread.stop();
    transport.end();
  }
  return 0;
}

}  // namespace securechat::conformance
