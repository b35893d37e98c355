#include "server/front.h"

#include <algorithm>
#include <array>
#include <initializer_list>
#include <utility>

#include "base/json.h"
#include "base/random.h"
#include "base/text.h"
#include "chat/peer_sessions.h"
#include "chat/session_table.h"
#include "connection/engine_connection.h"
#include "connection/plain_connection.h"
#include "server/client_address.h"
#include "server/http_answers.h"

namespace securechat::server {
namespace {

constexpr std::string_view kPlainPath = "/ws";

// Owns the head of the request that began a connection, for the filters of later joins.
class RequestHeaders final : public auth::HeaderSource {
 public:
  explicit RequestHeaders(net::RequestHead head) : head_(std::move(head)) {}
  [[nodiscard]] std::optional<std::string_view> header(std::string_view name) const override {
    return head_.header(name);
  }

 private:
  net::RequestHead head_;
};

// The value of a parameter of a raw query; its bytes, not decoded. Engine.IO's are plain.
std::optional<std::string_view> query_parameter(std::string_view query, std::string_view name) {
  while (!query.empty()) {
    const std::size_t end = std::min(query.find('&'), query.size());
    const std::string_view pair = query.substr(0, end);
    const std::size_t equals = std::min(pair.find('='), pair.size());
    if (pair.substr(0, equals) == name) {
      return pair.substr(std::min(equals + 1, pair.size()));
    }
    query = query.substr(std::min(end + 1, query.size()));
  }
  return std::nullopt;
}

std::string bearer_of(const net::RequestHead& head) {
  constexpr std::string_view kScheme = "bearer ";
  const std::string_view value = head.header("authorization").value_or(std::string_view());
  if (!equals_ignore_case(value.substr(0, kScheme.size()), kScheme)) return {};
  return std::string(trim_ascii(value.substr(kScheme.size())));
}

// Engine.IO's own errors (engine.io, Server.errors): bodies {code, message}.
struct EngineError {
  int code;
  std::string_view message;
};
constexpr EngineError kUnknownTransport{0, "Transport unknown"};
constexpr EngineError kUnknownSession{1, "Session ID unknown"};
constexpr EngineError kBadMethod{2, "Bad handshake method"};
constexpr EngineError kBadRequest{3, "Bad request"};
constexpr EngineError kUnsupportedVersion{5, "Unsupported protocol version"};

net::HttpResponse engine_answer(const EngineError& error) {
  std::string body;
  JsonWriter(body)
      .begin_object()
      .key("code")
      .integer(error.code)
      .key("message")
      .string(error.message)
      .end_object();
  net::HttpResponse response;
  response.status = 400;
  response.content_type = "application/json";
  response.body = std::move(body);
  response.headers.emplace_back("Cache-Control", "no-store");
  return response;
}

net::HttpResponse health_answer(bool draining) {
  return draining ? json_answer(503, R"({"status":"draining"})")
                  : json_answer(200, R"({"status":"ok"})");
}

bool is_read(const net::RequestHead& head) {
  return head.method == "GET" || head.method == "HEAD";
}

}  // namespace

Front::Front(Parts parts, const Settings& settings) : parts_(parts) {
  apply(settings);
}

void Front::apply(const Settings& settings) {
  connection_options_ = settings.connection;
  origin_ = settings.chain.origin;
  trusted_proxies_ = settings.trusted_proxies;
  engine_path_ = settings.engine_path;
  health_path_ = settings.health_path;
  metrics_path_ = settings.metrics_path;
  metrics_public_ = settings.metrics_public;
  body_limit_ = settings.body_limit;
  payload_unauthenticated_ = settings.payload_unauthenticated;
}

std::size_t Front::body_limit(const net::RequestHead& /*head*/) {
  return body_limit_;
}

net::HttpResponse Front::on_fault(const net::RequestHead& head, int status) {
  net::HttpResponse response = status_answer(status);
  response.close = true;
  add_cors(response, head, origin_);
  return response;
}

bool Front::is_engine_path(std::string_view path) const {
  return path == engine_path_ ||
         (engine_path_.ends_with('/') && path == engine_path_.substr(0, engine_path_.size() - 1));
}

void Front::answer(net::ExchangeId id, const net::RequestHead& head, net::HttpResponse response) {
  add_cors(response, head, origin_);
  loop_->answer(id, std::move(response));
}

std::optional<net::HttpResponse> Front::answer_now(const net::RequestHead& head) const {
  if (head.path == health_path_ && is_read(head)) {
    net::HttpResponse response = health_answer(draining_);
    response.close = draining_;
    return response;
  }
  if (draining_) {
    net::HttpResponse response = status_answer(503);
    response.close = true;
    return response;
  }
  if (head.method == "OPTIONS") return preflight_answer();
  if (is_engine_path(head.path)) {
    // Long-polling is not served: only the upgrade makes a session.
    const std::optional<net::HttpResponse> fault = engine_fault(head);
    return fault ? *fault : engine_answer(kBadRequest);
  }
  if (parts_.api.serves(head.path)) return std::nullopt;
  const bool metrics = head.path == metrics_path_;
  if (metrics || head.path == health_path_ || parts_.files.contains(head.path)) {
    if (is_read(head)) return metrics ? metrics_answer(head) : parts_.files.answer(head);
    net::HttpResponse response = status_answer(405);
    response.headers.emplace_back("Allow", "GET, HEAD, OPTIONS");
    return response;
  }
  if (head.path == kPlainPath) return status_answer(426);
  return status_answer(404);
}

// Prometheus' text format, version 0.0.4.
net::HttpResponse Front::metrics_answer(const net::RequestHead& head) const {
  if (!metrics_public_ && !client_address(head, trusted_proxies_).is_loopback()) {
    return status_answer(403);
  }
  struct Metric {
    std::string_view name;
    std::string_view type;
    std::string_view help;
    std::uint64_t value;
  };
  const storage::Database::Stats storage = parts_.database.stats();
  std::string text;
  for (const Metric& metric : std::initializer_list<Metric>{
           {"securechat_connections", "gauge", "Open TCP connections.", loop_->connections()},
           {"securechat_sessions", "gauge", "Sessions that have joined.",
            parts_.environment.sessions.size()},
           {"securechat_http_waiting", "gauge", "HTTP requests whose answer is due.",
            waiting_.size()},
           {"securechat_storage_commits_total", "counter", "Transactions committed.",
            storage.commits},
           {"securechat_storage_units_total", "counter", "Units of work answered.", storage.units},
           {"securechat_storage_queued", "gauge", "Units of work that wait.", storage.queued},
       }) {
    const std::string name(metric.name);
    text += "# HELP " + name + " " + std::string(metric.help) + "\n# TYPE " + name + " " +
            std::string(metric.type) + "\n" + name + " " + std::to_string(metric.value) + "\n";
  }
  net::HttpResponse response;
  response.content_type = "text/plain; version=0.0.4; charset=utf-8";
  response.body = std::move(text);
  response.headers.emplace_back("Cache-Control", "no-store");
  return response;
}

void Front::on_request(net::ExchangeId id, net::RequestHead head, std::string body) {
  if (std::optional<net::HttpResponse> response = answer_now(head)) {
    answer(id, head, std::move(*response));
    return;
  }
  // A cross-site page may not change state with a simple request (SECURITY R38).
  const std::optional<std::string_view> origin = head.header("origin");
  if (head.method == "POST" && head.header("sec-fetch-site") == std::string_view("cross-site") &&
      !(origin && auth::origin_listed(origin_, *origin))) {
    answer(id, head, status_answer(403));
    return;
  }
  ApiCall call;
  call.head = head;
  call.body = std::move(body);
  call.client = client_address(head, trusted_proxies_);
  waiting_.emplace(id, Waiting{std::move(head)});
  call.respond = [this, id, home = parts_.environment.home](net::HttpResponse response) {
    home->post([this, id, response = std::move(response)]() mutable {
      const auto waiting = waiting_.find(id);
      if (waiting == waiting_.end()) return;
      const net::RequestHead request = std::move(waiting->second.head);
      waiting_.erase(waiting);
      answer(id, request, std::move(response));
    });
  };
  parts_.api.handle(std::move(call));
}

std::optional<net::HttpResponse> Front::engine_fault(const net::RequestHead& head) const {
  const std::optional<std::string_view> transport = query_parameter(head.query, "transport");
  if (transport != "websocket") return engine_answer(kUnknownTransport);
  if (query_parameter(head.query, "sid")) return engine_answer(kUnknownSession);
  if (head.method != "GET") return engine_answer(kBadMethod);
  if (query_parameter(head.query, "EIO") != "4") return engine_answer(kUnsupportedVersion);
  return std::nullopt;
}

auth::Handshake Front::handshake_of(const net::RequestHead& head) const {
  auth::Handshake handshake;
  handshake.address = client_address(head, trusted_proxies_);
  handshake.tls = head.tls;
  handshake.path = head.path;
  handshake.query = head.query;
  handshake.transport = "websocket";
  handshake.token = bearer_of(head);
  handshake.bearer_header = !handshake.token.empty();
  return handshake;
}

net::UpgradeDecision Front::on_upgrade(const net::RequestHead& head) {
  net::HttpResponse refusal;
  if (draining_) {
    refusal = status_answer(503);
    refusal.close = true;
  } else if (head.path == kPlainPath) {
    return accept(head, connection::Wire::kPlain);
  } else if (is_engine_path(head.path)) {
    std::optional<net::HttpResponse> fault = engine_fault(head);
    if (!fault) return accept(head, connection::Wire::kSocketIo);
    refusal = std::move(*fault);
  } else {
    refusal = status_answer(404);
  }
  refusal.close = true;
  add_cors(refusal, head, origin_);
  return refusal;
}

net::UpgradeDecision Front::accept(const net::RequestHead& head, connection::Wire wire) {
  auth::Handshake handshake = handshake_of(head);
  auto headers = std::make_unique<RequestHeaders>(head);
  handshake.headers = headers.get();
  const auth::FilterChain::Answer answer = parts_.environment.filters.run_upgrade(handshake);
  if (answer.fault != auth::Fault::kNone) {
    net::HttpResponse refusal = error_answer(answer.status, answer.message, answer.code);
    refusal.close = true;
    add_cors(refusal, head, origin_);
    return refusal;
  }
  Result<std::string> engine_sid = random_base64url(18);
  if (!engine_sid.ok()) {
    parts_.environment.log.error("an upgrade was refused", {{"reason", engine_sid.message()}});
    net::HttpResponse refusal = status_answer(500);
    refusal.close = true;
    add_cors(refusal, head, origin_);
    return refusal;
  }
  auto peer =
      std::make_unique<chat::PeerSessions>(std::move(handshake), std::move(headers), wire,
                                           parts_.namespaces, parts_.peers, parts_.environment);
  net::UpgradeAccepted accepted;
  accepted.payload_limit = payload_unauthenticated_;
  TimerQueue& timers = parts_.environment.timers;
  const Clock& clock = parts_.environment.clock;
  if (wire == connection::Wire::kPlain) {
    accepted.handler = std::make_unique<connection::PlainConnection>(
        connection_options_, head.accepted_at_ms, std::move(peer), timers, clock);
  } else {
    accepted.handler = std::make_unique<connection::EngineConnection>(
        std::move(*engine_sid), connection_options_, head.accepted_at_ms, std::move(peer), timers,
        clock);
  }
  return accepted;
}

}  // namespace securechat::server
