#include "server/front.h"

#include <initializer_list>
#include <utility>

#include "connection/plain_connection.h"
#include "server/http_answers.h"
#include "server/request_id.h"

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
    const std::string& name = peers_.name_request(head);
    if (refusal->status == 413) record_fault(head, 413, name);
    complete(*refusal, head.header("origin"), name);
  }
  return refusal;
}

// What every answer gets: it is counted, and named as in the logs.
void Front::complete(net::HttpResponse& response, std::optional<std::string_view> origin,
                     std::string_view name) {
  parts_.counters.answers.add(std::to_string(response.status));
  response.headers.emplace_back(kRequestIdHeader, name);
  add_cors(response, origin, origin_);
}

void Front::log_answer(const Waiting& request, int status) {
  Logger& log = parts_.environment.log;
  // 503 is no fault: the server is busy, or is being stopped.
  const bool failed = status >= 500 && status != 503;
  if (!failed && !log.enabled(LogLevel::kDebug)) return;
  const std::initializer_list<LogField> fields = {{"request_id", request.name},
                                                  {"path", request.path},
                                                  {"status", status},
                                                  {"address", request.address.to_string()}};
  if (failed) {
    log.limited(LogLevel::kWarn, request.address.rate_key(), "a request failed", fields);
  } else {
    log.debug("a request was answered", fields);
  }
}

void Front::record_fault(const net::RequestHead& head, int status, std::string_view name) const {
  audit::Trail& trail = parts_.environment.trail;
  if (!trail.enabled()) return;
  const bool too_big = status == 413 || status == 414 || status == 431;
  const std::string reason = "HTTP " + std::to_string(status);
  const IpAddress address = peers_.address_of(head);
  trail.record({.name = too_big ? audit::Name::kPayloadRefused : audit::Name::kProtocolError,
                .result = too_big ? audit::Outcome::kRefused : audit::Outcome::kFailed,
                .reason = reason,
                .request = name,
                .address = &address,
                .origin = head.header("origin").value_or(std::string_view())});
}

net::HttpResponse Front::on_fault(const net::RequestHead& head, int status) {
  const std::string& name = peers_.name_request(head);
  record_fault(head, status, name);
  net::HttpResponse response = status_answer(status);
  response.close = true;
  complete(response, head.header("origin"), name);
  return response;
}

void Front::answer(net::ExchangeId id, net::HttpResponse response) {
  if (parts_.place.relay.answer_elsewhere(id, response)) return;
  const auto waiting = waiting_.find(id);
  if (waiting == waiting_.end()) return;
  const Waiting request = std::move(waiting->second);
  waiting_.erase(waiting);
  parts_.http_waiting.fetch_sub(1, std::memory_order_relaxed);
  complete(response, request.origin, request.name);
  log_answer(request, response.status);
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
    if (is_read(head)) return metrics ? std::nullopt : std::optional(parts_.files.answer(head));
    net::HttpResponse response = status_answer(405);
    response.headers.emplace_back("Allow", "GET, HEAD, OPTIONS");
    return response;
  }
  if (head.path == kPlainPath) return status_answer(426);
  return status_answer(404);
}

// Made elsewhere, because the operating system is asked, too.
void Front::scrape(net::ExchangeId id, const net::RequestHead& head) {
  if (!metrics_public_ && !peers_.comes_from_loopback(head)) {
    answer(id, status_answer(403));
    return;
  }
  const bool begun =
      parts_.scraper.scrape([this, id, home = parts_.environment.home](std::string text) {
        net::HttpResponse response;
        response.content_type = "text/plain; version=0.0.4; charset=utf-8";
        response.body = std::move(text);
        response.headers.emplace_back("Cache-Control", "no-store");
        home->post([this, id, response = std::move(response)]() mutable {
          answer(id, std::move(response));
        });
      });
  if (!begun) answer(id, status_answer(503));
}

void Front::on_request(net::ExchangeId id, net::RequestHead head, std::string body) {
  const std::optional<std::string_view> origin = head.header("origin");
  waiting_.emplace(id, Waiting{origin ? std::optional<std::string>(*origin) : std::nullopt,
                               peers_.name_request(head), head.path, peers_.address_of(head)});
  parts_.http_waiting.fetch_add(1, std::memory_order_relaxed);
  if (std::optional<net::HttpResponse> response = answer_now(head)) {
    answer(id, std::move(*response));
  } else if (engine_.serves(head.path)) {
    engine_.on_request(id, head, body);
  } else if (head.path == metrics_path_) {
    scrape(id, head);
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
  call.name = waiting_.at(id).name;
  call.head = std::move(head);
  call.body = std::move(body);
  call.respond = [this, id, home = parts_.environment.home](net::HttpResponse response) {
    home->post(
        [this, id, response = std::move(response)]() mutable { answer(id, std::move(response)); });
  };
  call.tell = [home = parts_.environment.home](Task task) {
    home->post(std::move(task));
  };
  parts_.api.handle(std::move(call));
}

net::UpgradeDecision Front::on_upgrade(const net::RequestHead& head) {
  const std::string& name = peers_.name_request(head);
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
    complete(*refusal, head.header("origin"), name);
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
