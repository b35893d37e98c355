#include "server/front.h"

#include <initializer_list>
#include <utility>

#include "connection/plain_connection.h"
#include "server/http_answers.h"

namespace securechat::server {
namespace {

constexpr std::string_view kPlainPath = "/ws";

net::HttpResponse health_answer(bool draining) {
  return draining ? json_answer(503, R"({"status":"draining"})")
                  : json_answer(200, R"({"status":"ok"})");
}

bool is_read(const net::RequestHead& head) {
  return head.method == "GET" || head.method == "HEAD";
}

}  // namespace

Front::Front(Parts parts, const Settings& settings)
    : parts_(parts),
      peers_(parts.environment, parts.namespaces, parts.peers),
      engine_(peers_, parts.environment, *this, parts.place) {
  apply(settings);
}

void Front::apply(const Settings& settings) {
  connection_context_ = connection::ConnectionContext{
      settings.connection, parts_.environment.timers, parts_.environment.clock};
  origin_ = settings.chain.origin;
  cookies_ = settings.chain.cookies;
  health_path_ = settings.health_path;
  metrics_path_ = settings.metrics_path;
  metrics_public_ = settings.metrics_public;
  body_limit_ = settings.body_limit;
  payload_unauthenticated_ = settings.payload_unauthenticated;
  peers_.apply(settings);
  engine_.apply(settings);
}

std::optional<net::HttpResponse> Front::on_body(net::ExchangeId id, const net::RequestHead& head,
                                                std::size_t length) {
  std::optional<net::HttpResponse> refusal;
  if (engine_.serves(head.path)) {
    refusal = engine_.on_body(id, head, length);
  } else if (length > body_limit_) {
    refusal = status_answer(413);
  }
  if (refusal) {
    if (refusal->status == 413) record_fault(head, 413);
    add_cors(*refusal, head.header("origin"), origin_);
  }
  return refusal;
}

void Front::record_fault(const net::RequestHead& head, int status) const {
  audit::Trail& trail = parts_.environment.trail;
  if (!trail.enabled()) return;
  const bool too_big = status == 413 || status == 414 || status == 431;
  const std::string reason = "HTTP " + std::to_string(status);
  const IpAddress address = peers_.address_of(head);
  trail.record({.name = too_big ? audit::Name::kPayloadRefused : audit::Name::kProtocolError,
                .result = too_big ? audit::Outcome::kRefused : audit::Outcome::kFailed,
                .reason = reason,
                .address = &address,
                .origin = head.header("origin").value_or(std::string_view())});
}

net::HttpResponse Front::on_fault(const net::RequestHead& head, int status) {
  record_fault(head, status);
  net::HttpResponse response = status_answer(status);
  response.close = true;
  add_cors(response, head.header("origin"), origin_);
  return response;
}

void Front::answer(net::ExchangeId id, net::HttpResponse response) {
  if (parts_.place.relay.answer_elsewhere(id, response)) return;
  const auto waiting = waiting_.find(id);
  if (waiting == waiting_.end()) return;
  const std::optional<std::string> origin = std::move(waiting->second);
  waiting_.erase(waiting);
  parts_.http_waiting.fetch_sub(1, std::memory_order_relaxed);
  add_cors(response, origin, origin_);
  loop_->answer(id, std::move(response));
}

void Front::on_gone(net::ExchangeId id) {
  if (waiting_.erase(id) > 0) parts_.http_waiting.fetch_sub(1, std::memory_order_relaxed);
  engine_.on_gone(id);
}

std::optional<net::HttpResponse> Front::answer_now(const net::RequestHead& head) const {
  if (head.path == health_path_ && is_read(head)) {
    net::HttpResponse response = health_answer(draining_);
    response.close = draining_;
    return response;
  }
  // A session that is being let go still fetches what it waits for.
  if (draining_ && !engine_.has_session(head)) {
    net::HttpResponse response = status_answer(503);
    response.close = true;
    return response;
  }
  if (head.method == "OPTIONS") return preflight_answer(origin_);
  if (parts_.api.serves(head.path) || engine_.serves(head.path)) return std::nullopt;
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
  if (!metrics_public_ && !peers_.address_of(head).is_loopback()) {
    return status_answer(403);
  }
  struct Metric {
    std::string_view name;
    std::string_view type;
    std::string_view help;
    std::uint64_t value;
  };
  const storage::Database::Stats storage = parts_.database.stats();
  const audit::Trail::Counters audit = parts_.environment.trail.counters();
  std::string text;
  for (const Metric& metric : std::initializer_list<Metric>{
           {"securechat_connections", "gauge", "Open TCP connections.", parts_.connections.total()},
           {"securechat_sessions", "gauge", "Sessions that have joined.",
            parts_.live_sessions.size()},
           {"securechat_engine_sessions", "gauge", "Engine.IO sessions, on either transport.",
            engine_.sessions()},
           {"securechat_http_waiting", "gauge", "HTTP requests whose answer is due.",
            parts_.http_waiting.load(std::memory_order_relaxed)},
           {"securechat_storage_commits_total", "counter", "Transactions committed.",
            storage.commits},
           {"securechat_storage_units_total", "counter", "Units of work answered.", storage.units},
           {"securechat_storage_queued", "gauge", "Units of work that wait.", storage.queued},
           {"securechat_audit_events_total", "counter", "Lines of the audit log written.",
            audit.written},
           {"securechat_audit_dropped_total", "counter",
            "Events of the audit log lost to a sink that was full, failing or slow.",
            audit.dropped},
           {"securechat_audit_suppressed_total", "counter",
            "Events of the audit log left out, because one source had too many of one kind.",
            audit.suppressed},
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
  const std::optional<std::string_view> origin = head.header("origin");
  waiting_.emplace(id, origin ? std::optional<std::string>(*origin) : std::nullopt);
  parts_.http_waiting.fetch_add(1, std::memory_order_relaxed);
  if (std::optional<net::HttpResponse> response = answer_now(head)) {
    answer(id, std::move(*response));
  } else if (engine_.serves(head.path)) {
    engine_.on_request(id, head, body);
  } else {
    call_api(id, std::move(head), std::move(body));
  }
}

void Front::call_api(net::ExchangeId id, net::RequestHead head, std::string body) {
  // A cross-site page may not change state with a simple request.
  const std::optional<std::string_view> origin = head.header("origin");
  if (head.method == "POST" && head.header("sec-fetch-site") == std::string_view("cross-site") &&
      !(origin && auth::origin_listed(origin_, *origin))) {
    answer(id, status_answer(403));
    return;
  }
  ApiCall call;
  if (cookies_) {
    call.cookies_count = peers_.is_accepted_page(head);
    // Nor may any foreign page sign its visitor in as somebody: the answer would set cookies.
    if (head.method == "POST" && origin && !call.cookies_count) {
      answer(id, status_answer(403));
      return;
    }
  }
  call.client = peers_.address_of(head);
  if (parts_.environment.trail.enabled()) {
    call.name = "http-" + std::to_string(parts_.place.shard) + "-" + std::to_string(id);
  }
  call.head = std::move(head);
  call.body = std::move(body);
  call.respond = [this, id, home = parts_.environment.home](net::HttpResponse response) {
    home->post(
        [this, id, response = std::move(response)]() mutable { answer(id, std::move(response)); });
  };
  parts_.api.handle(std::move(call));
}

net::UpgradeDecision Front::on_upgrade(const net::RequestHead& head) {
  net::UpgradeDecision decision = status_answer(404);
  if (draining_) {
    decision = status_answer(503);
  } else if (head.path == kPlainPath) {
    decision = accept_plain(head);
  } else if (engine_.serves(head.path)) {
    decision = engine_.on_upgrade(head);
  }
  if (auto* refusal = std::get_if<net::HttpResponse>(&decision)) {
    refusal->close = true;
    add_cors(*refusal, head.header("origin"), origin_);
  }
  return decision;
}

net::UpgradeDecision Front::accept_plain(const net::RequestHead& head) {
  PeerFactory::Judged judged = peers_.judge(head, connection::Wire::kPlain, "websocket");
  if (!judged.peer) {
    return error_answer(judged.answer.status, judged.answer.message, judged.answer.code);
  }
  net::UpgradeAccepted accepted;
  accepted.payload_limit = payload_unauthenticated_;
  accepted.handler = std::make_unique<connection::PlainConnection>(
      connection_context_, head.accepted_at_ms, std::move(judged.peer));
  return accepted;
}

}  // namespace securechat::server
