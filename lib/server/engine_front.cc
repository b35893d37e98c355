#include "server/engine_front.h"

#include <algorithm>
#include <utility>

#include "base/random.h"
#include "connection/engine_answers.h"
#include "connection/socket_io_connection.h"
#include "server/http_answers.h"
#include "server/request_fields.h"

namespace securechat::server {

namespace engine_io = protocol::engine_io;
using connection::engine_error_answer;

namespace {

constexpr std::string_view kPolling = "polling";
constexpr std::string_view kWebSocket = "websocket";

// A handshake that the filter chain refuses: Engine.IO's code, the chain's status and public words.
net::HttpResponse refusal_answer(const auth::FilterChain::Answer& answer) {
  const int code = answer.status == 400 ? engine_io::kBadRequest.code : engine_io::kForbidden.code;
  return engine_error_answer(answer.status, {code, answer.message});
}

}  // namespace

EngineFront::EngineFront(PeerFactory& peers, chat::Environment& environment,
                         connection::ExchangeAnswers& answers, const Place& place)
    : peers_(peers),
      environment_(environment),
      answers_(answers),
      place_(place),
      sessions_(answers, environment.timers, environment.clock, place.directory) {}

void EngineFront::apply(const Settings& settings) {
  connection_context_ =
      connection::ConnectionContext{settings.connection, environment_.timers, environment_.clock};
  transports_ = settings.engine_transports;
  connection::EngineOptions engine = settings.engine;
  engine.upgrades = std::ranges::find(transports_, kWebSocket) != transports_.end();
  engine_options_ = engine;
  path_ = settings.engine_path;
}

bool EngineFront::serves(std::string_view path) const {
  return path == path_ || (path_.ends_with('/') && path == path_.substr(0, path_.size() - 1));
}

bool EngineFront::has_session(const net::RequestHead& head) const {
  const std::optional<std::string_view> sid = query_parameter(head.query, "sid");
  return serves(head.path) && sid &&
         (sessions_.find(*sid) != nullptr || place_.relay.elsewhere(*sid));
}

bool EngineFront::served(std::string_view transport) const {
  return std::ranges::find(transports_, transport) != transports_.end();
}

std::optional<EngineRelay::Elsewhere> EngineFront::elsewhere(const net::RequestHead& head) const {
  return place_.relay.elsewhere(query_parameter(head.query, "sid").value_or(""));
}

void EngineFront::on_gone(net::ExchangeId id) {
  sessions_.gone(id);
  place_.relay.forward_gone(id);
}

// ---------------------------------------------------------------- whose request it is

EngineFront::Verified EngineFront::verify(const net::RequestHead& head, Arrival arrival) {
  const std::string_view transport = query_parameter(head.query, "transport").value_or("");
  if (!served(transport)) return engine_error_answer(400, engine_io::kUnknownTransport);
  const std::string_view sid = query_parameter(head.query, "sid").value_or("");
  if (!sid.empty()) return verify_session(head, sid, transport, arrival);
  if (head.method != "GET") return engine_error_answer(400, engine_io::kBadHandshakeMethod);
  if ((transport == kWebSocket) != (arrival == Arrival::kUpgrade)) {
    return engine_error_answer(400, engine_io::kBadRequest);
  }
  return nullptr;
}

EngineFront::Verified EngineFront::verify_session(const net::RequestHead& head,
                                                  std::string_view sid, std::string_view transport,
                                                  Arrival arrival) {
  connection::EngineSession* session = sessions_.find(sid);
  if (session == nullptr) return engine_error_answer(400, engine_io::kUnknownSession);
  if (!agrees(session->peer(), head)) {
    session->end(net::CloseCause::kTransportError);
    return engine_error_answer(403, engine_io::kForbidden);
  }
  const bool fits = arrival == Arrival::kUpgrade
                        ? transport == kWebSocket
                        : transport == kPolling && !session->uses_websocket();
  if (!fits) return engine_error_answer(400, engine_io::kBadRequest);
  return session;
}

// A sid is no authentication, and proxies write it into their logs: a request that names an origin
// names that of the handshake, and one that carries a token carries that one. Native clients name
// both on the first request only (python-engineio does). What a browser sends by itself, a cookie
// or a certificate, comes with every request.
bool EngineFront::agrees(const connection::EnginePeer& peer, const net::RequestHead& head) const {
  const std::string origin = peers_.origin_key(head);
  const bool names_none = origin.empty() && !head.header("origin");
  return (names_none || origin == peer.origin) && peers_.agrees(peer.bearer, head);
}

std::optional<net::HttpResponse> EngineFront::refuse_elsewhere(const EngineRelay::Elsewhere& there,
                                                               const net::RequestHead& head,
                                                               Arrival arrival) const {
  const std::string_view transport = query_parameter(head.query, "transport").value_or("");
  if (!served(transport)) return engine_error_answer(400, engine_io::kUnknownTransport);
  if (!agrees(*there.session.peer, head)) {
    place_.relay.end_session(there.shard, std::string(query_parameter(head.query, "sid").value()));
    return engine_error_answer(403, engine_io::kForbidden);
  }
  if ((transport == kWebSocket) != (arrival == Arrival::kUpgrade)) {
    return engine_error_answer(400, engine_io::kBadRequest);
  }
  return std::nullopt;
}

void EngineFront::end_session(std::string_view sid) {
  connection::EngineSession* session = sessions_.find(sid);
  if (session != nullptr) session->end(net::CloseCause::kTransportError);
}

// ---------------------------------------------------------------- handshakes

std::variant<EngineFront::NewSession, net::HttpResponse> EngineFront::begin_session(
    const net::RequestHead& head, std::string_view transport) {
  NewSession session;
  session.peer = {peers_.address_of(head).rate_key(), peers_.origin_key(head),
                  peers_.credential_key(head)};
  if (transport == kPolling && !sessions_.has_room(session.peer)) {
    net::HttpResponse busy = status_answer(429);
    busy.headers.emplace_back("Retry-After", "10");
    return busy;
  }
  PeerFactory::Judged judged = peers_.judge(head, connection::Wire::kSocketIo, transport);
  if (!judged.peer) return refusal_answer(judged.answer);
  if (query_parameter(head.query, "EIO") != "4") {
    return engine_error_answer(400, engine_io::kUnsupportedVersion);
  }
  Result<std::string> sid = environment_.ids.base64url(18);
  if (!sid.ok()) {
    environment_.log.limited(LogLevel::kError, {}, "a handshake was refused",
                             {{"reason", sid.message()}});
    return status_answer(500);
  }
  session.sid = *sid + shard_mark(place_.shard);
  session.client = std::make_unique<connection::SocketIoConnection>(
      connection_context_, head.accepted_at_ms, std::move(judged.peer));
  return session;
}

std::optional<net::HttpResponse> EngineFront::on_body(net::ExchangeId id,
                                                      const net::RequestHead& head,
                                                      std::size_t length) {
  if (const auto there = elsewhere(head)) {
    std::optional<net::HttpResponse> refusal = refuse_elsewhere(*there, head, Arrival::kRequest);
    if (!refusal && length > there->session.payload_limit) refusal = status_answer(413);
    return refusal;
  }
  Verified verified = verify(head, Arrival::kRequest);
  if (auto* fault = std::get_if<net::HttpResponse>(&verified)) return std::move(*fault);
  connection::EngineSession* session = std::get<connection::EngineSession*>(verified);
  if (session == nullptr || head.method != "POST") {
    return engine_error_answer(400, engine_io::kBadRequest);
  }
  // The session survives what is refused unread.
  if (length > session->payload_limit()) return status_answer(413);
  return sessions_.begin_post(*session, id);
}

void EngineFront::on_request(net::ExchangeId id, const net::RequestHead& head,
                             std::string_view body) {
  if (const auto there = elsewhere(head)) {
    place_.relay.forward(there->shard, id, head, std::string(body));
    return;
  }
  Verified verified = verify(head, Arrival::kRequest);
  if (auto* fault = std::get_if<net::HttpResponse>(&verified)) {
    answers_.answer(id, std::move(*fault));
  } else if (auto* session = std::get<connection::EngineSession*>(verified); session != nullptr) {
    if (head.method == "GET") {
      sessions_.poll(*session, id);
    } else if (head.method == "POST") {
      sessions_.post(*session, id, head.header("content-type").value_or(""), body);
    } else {
      answers_.answer(id, engine_error_answer(400, engine_io::kBadRequest));
    }
  } else {
    std::variant<NewSession, net::HttpResponse> begun = begin_session(head, kPolling);
    if (auto* refusal = std::get_if<net::HttpResponse>(&begun)) {
      answers_.answer(id, std::move(*refusal));
    } else {
      NewSession& fresh = std::get<NewSession>(begun);
      sessions_.open_polling(fresh.sid, std::move(fresh.peer), engine_options_,
                             std::move(fresh.client), id);
    }
  }
}

net::UpgradeDecision EngineFront::on_upgrade(const net::RequestHead& head) {
  if (const auto there = elsewhere(head)) {
    if (auto refusal = refuse_elsewhere(*there, head, Arrival::kUpgrade))
      return std::move(*refusal);
    return net::UpgradeAccepted{place_.relay.forward_socket(there->shard, head),
                                there->session.payload_limit};
  }
  Verified verified = verify(head, Arrival::kUpgrade);
  if (auto* fault = std::get_if<net::HttpResponse>(&verified)) return std::move(*fault);
  net::UpgradeAccepted accepted;
  accepted.payload_limit = engine_options_->payload_limit;
  if (auto* session = std::get<connection::EngineSession*>(verified); session != nullptr) {
    accepted.payload_limit = session->payload_limit();
    // A second WebSocket is let in and closed, as the reference does; the session goes on.
    accepted.handler = session->may_upgrade() ? session->open_probe()
                                              : std::make_unique<connection::EngineSocket>(nullptr);
    return accepted;
  }
  std::variant<NewSession, net::HttpResponse> begun = begin_session(head, kWebSocket);
  if (auto* refusal = std::get_if<net::HttpResponse>(&begun)) return std::move(*refusal);
  NewSession& fresh = std::get<NewSession>(begun);
  accepted.handler = sessions_.open_websocket(fresh.sid, std::move(fresh.peer), engine_options_,
                                              std::move(fresh.client));
  return accepted;
}

}  // namespace securechat::server
