#include "chat/peer_sessions.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "base/json.h"
#include "base/random.h"
#include "chat/namespaces.h"
#include "chat/peer_table.h"
#include "chat/session_table.h"

namespace securechat::chat {
namespace {

// What a peer may send ahead of the answer to its join. A whole unauthenticated message fits.
constexpr std::size_t kHeldPackets = 16;
constexpr std::size_t kHeldBytes = 65'536;

// Whoever was let in nowhere and only asks to be refused is not answered for ever.
constexpr int kRefusals = 8;
// Of so many namespaces it is remembered that we ended them.
constexpr std::size_t kExpelled = 64;
constexpr std::int64_t kBudgetWindowMs = 10'000;

protocol::CloseCode close_code(auth::Fault fault) {
  switch (fault) {
    case auth::Fault::kTooManyConnections:
      return protocol::CloseCode::kRateLimited;
    case auth::Fault::kInvalidOrigin:
    case auth::Fault::kCsrfFailed:
    case auth::Fault::kForbidden:
    case auth::Fault::kInvalidNamespace:
      return protocol::CloseCode::kForbidden;
    case auth::Fault::kInternal:
    case auth::Fault::kBusy:
      return protocol::CloseCode::kInternal;
    default:
      return protocol::CloseCode::kUnauthenticated;
  }
}

// A credential that is there but no string cannot be a token; the gate refuses this one as any
// other malformed one.
std::string credential(JsonView value) {
  if (!value.exists() || value.is_null()) return {};
  const std::optional<std::string_view> text = value.as_string();
  return text ? std::string(*text) : "not a string";
}

std::string user_json(const auth::Principal& principal) {
  std::string json;
  JsonWriter(json)
      .begin_object()
      .key("id")
      .string(principal.user_id)
      .key("username")
      .string(principal.username)
      .key("email")
      .string(principal.email)
      .key("role")
      .string(principal.role)
      .end_object();
  return json;
}

}  // namespace

PeerSessions::PeerSessions(auth::Handshake handshake, std::unique_ptr<auth::HeaderSource> headers,
                           connection::Wire wire, Namespaces& namespaces, PeerTable& peers,
                           Environment& environment)
    : upgrade_(std::move(handshake)),
      headers_(std::move(headers)),
      wire_(wire),
      namespaces_(namespaces),
      peers_(peers),
      environment_(environment),
      id_(peers.add(*this)) {}

PeerSessions::~PeerSessions() {
  peers_.remove(id_);
}

void PeerSessions::on_open(connection::Connection& connection) {
  connection_ = &connection;
  if (draining_) {
    drain();
    return;
  }
  // Judged on the handshake, before anything of the peer is read; a Socket.IO peer hears it as the
  // answer to its CONNECT.
  if (wire_ == connection::Wire::kPlain && upgrade_.origin_fault != auth::Fault::kNone) {
    refuse("/", {auth::connect_error_message(upgrade_.origin_fault),
                 auth::connect_error_code(upgrade_.origin_fault), protocol::CloseCode::kForbidden});
    return;
  }
  // A plain peer has one namespace and needs no auth frame when its identity came with the upgrade.
  const bool identified = upgrade_.bearer_header || upgrade_.principal.has_value();
  if (wire_ == connection::Wire::kPlain && identified) begin_join("/", {});
}

// A fixed window: at its border a peer may send twice as much, which no budget of this size minds.
bool PeerSessions::within_budget(const protocol::Packet& packet) {
  const std::int64_t now_ms = environment_.clock.monotonic_ms();
  if (now_ms - budget_from_ms_ >= kBudgetWindowMs) {
    budget_from_ms_ = now_ms;
    budget_packets_ = 0;
    budget_bytes_ = 0;
  }
  budget_bytes_ += packet.data.size();
  for (const std::string& attachment : packet.attachments) budget_bytes_ += attachment.size();
  return ++budget_packets_ <= environment_.options.packets_per_window &&
         budget_bytes_ <= environment_.options.bytes_per_window;
}

void PeerSessions::on_packet(protocol::Packet packet) {
  if (!within_budget(packet)) {
    environment_.log.warn("a connection sent more than its budget and was closed",
                          {{"address", upgrade_.address.to_string()}});
    protocol_fault();
    return;
  }
  switch (packet.type) {
    case protocol::PacketType::kConnect:
      on_connect(packet);
      return;
    case protocol::PacketType::kEvent:
      on_event(std::move(packet));
      return;
    case protocol::PacketType::kDisconnect:
      end_session(packet.nsp, "client namespace disconnect");
      return;
    case protocol::PacketType::kAck:
      on_ack(packet);
      return;
    case protocol::PacketType::kConnectError:
      protocol_fault();
      return;
  }
}

void PeerSessions::on_connect(const protocol::Packet& packet) {
  const auto session = sessions_.find(packet.nsp);
  // One that we ended may still be here when its peer comes back.
  if (session != sessions_.end() && session->second->ended()) end_session(packet.nsp, {});
  if (sessions_.contains(packet.nsp) || pending_.contains(packet.nsp)) {
    protocol_fault();
  } else {
    begin_join(packet.nsp, packet.data);
  }
}

// A late or invented one is ignored, as the reference does.
void PeerSessions::on_ack(const protocol::Packet& packet) {
  const auto session = sessions_.find(packet.nsp);
  if (session != sessions_.end()) session->second->on_ack(packet.ack, packet.data);
}

void PeerSessions::begin_join(const std::string& nsp, const std::string& auth) {
  auto handshake = std::make_shared<auth::Handshake>(upgrade_);
  handshake->stage = auth::Stage::kJoin;
  handshake->headers_owner = headers_;
  handshake->headers = headers_.get();
  handshake->nsp = nsp;
  handshake->auth = auth;
  if (!auth.empty()) {
    const Result<JsonDocument> document = JsonDocument::parse(auth);
    if (document.ok()) {
      const std::string token = credential(document->root()["token"]);
      if (!token.empty()) handshake->token = token;
      handshake->csrf_token = credential(document->root()["csrfToken"]);
    }
  }
  expelled_.erase(nsp);
  Join join{handshake, std::nullopt};
  if (wire_ == connection::Wire::kSocketIo && environment_.options.recovery) {
    join.recovery = read_recovery_request(auth);
  }
  pending_.insert(nsp);
  environment_.filters.run_join(
      handshake,
      [home = environment_.home, &peers = peers_, id = id_](Task task) {
        // Nobody is judged, and no filter of the host is asked, for a peer that has gone.
        home->post([&peers, id, task = std::move(task)]() mutable {
          if (peers.find(id) != nullptr) task();
        });
      },
      [&peers = peers_, id = id_,
       join = std::move(join)](const auth::FilterChain::Answer& answer) mutable {
        PeerSessions* peer = peers.find(id);
        if (peer != nullptr) peer->finish_join(std::move(join), answer);
      });
}

void PeerSessions::finish_join(Join join, const auth::FilterChain::Answer& answer) {
  const auth::Handshake& handshake = *join.handshake;
  pending_.erase(handshake.nsp);
  if (connection_ == nullptr || connection_->closing()) return;
  if (answer.fault != auth::Fault::kNone) {
    environment_.log.info("a peer was refused",
                          {{"reason", answer.message}, {"address", handshake.address.to_string()}});
    refuse(handshake.nsp, {answer.message, answer.code, close_code(answer.fault)});
    // A page of another origin has nothing more to say here.
    if (handshake.origin_fault != auth::Fault::kNone) {
      connection_->close(protocol::CloseCode::kForbidden, "INVALID_ORIGIN");
    } else if (sessions_.empty() &&
               (answer.fault == auth::Fault::kTooManyConnections || ++refused_ >= kRefusals)) {
      connection_->close(close_code(answer.fault), answer.message);
    }
    return;
  }
  if (environment_.sessions.recently_revoked(handshake.principal->sid)) {
    refuse(handshake.nsp, {"AUTH_FAILED", "AUTH_FAILED", protocol::CloseCode::kUnauthenticated});
    return;
  }
  if (environment_.sessions.count_of_user(handshake.principal->user_id) >=
      environment_.options.sockets_per_user) {
    refuse(handshake.nsp,
           {"TOO_MANY_CONNECTIONS", "TOO_MANY_CONNECTIONS", protocol::CloseCode::kRateLimited});
    return;
  }
  if (!namespaces_.declares(handshake.nsp)) {
    refuse(handshake.nsp, {"Invalid namespace", "INVALID_NAMESPACE"});
    return;
  }
  if (std::optional<LostSession> lost = find_lost(join)) {
    recover(std::move(join), std::move(*lost));
  } else {
    admit_new(join);
  }
}

void PeerSessions::admit_new(const Join& join) {
  Result<std::string> sid = random_base64url(18);
  Result<std::string> pid = random_base64url(18);
  if (!sid.ok() || !pid.ok()) {
    refuse_as_busy(join, (sid.ok() ? pid : sid).message());
    return;
  }
  std::unique_ptr<Session> session = make_session(join, std::move(*sid));
  if (!session) return;
  if (wire_ == connection::Wire::kSocketIo && environment_.options.recovery) {
    session->make_recoverable(std::move(*pid), environment_.position);
  }
  admit(std::move(session), {});
}

void PeerSessions::refuse_as_busy(const Join& join, std::string_view why) {
  environment_.log.error("a peer was refused", {{"reason", why}});
  refuse(join.handshake->nsp, {"Server busy", "BUSY", protocol::CloseCode::kInternal});
}

std::unique_ptr<Session> PeerSessions::make_session(const Join& join, std::string sid) {
  // Made here and not before, so that a pattern's namespace never waits for a session in vain.
  std::shared_ptr<Namespace> nsp = namespaces_.open(join.handshake->nsp);
  if (!nsp) {
    refuse_as_busy(join, "there are too many namespaces of the host's patterns");
    return nullptr;
  }
  return std::make_unique<Session>(environment_.sessions.next_id(), std::move(sid), std::move(nsp),
                                   *join.handshake->principal, *connection_, *this, environment_);
}

void PeerSessions::admit(std::unique_ptr<Session> session,
                         const std::vector<storage::Message>& missed) {
  Session& joined = *session;
  Namespace& nsp = joined.nsp();
  sessions_.emplace(nsp.name(), std::move(session));
  refused_ = 0;
  connection_->joined();
  connection_->send_welcome(nsp.name(), joined.sid(), joined.pid(), user_json(joined.principal()));
  nsp.enter(joined, missed);
  if (environment_.hooks.connect) {
    environment_.hooks.connect(joined.id(), joined.principal().user_id, nsp.name());
  }
  joined.watch_expiry();
  release_held(nsp.name());
}

void PeerSessions::refuse(const std::string& nsp, const connection::Refusal& refusal) {
  std::erase_if(held_, [this, &nsp](const protocol::Packet& packet) {
    if (packet.nsp != nsp) return false;
    held_bytes_ -= packet.data.size();
    return true;
  });
  connection_->send_refusal(nsp, refusal);
}

void PeerSessions::on_event(protocol::Packet packet) {
  const auto session = sessions_.find(packet.nsp);
  if (session != sessions_.end() && !session->second->ended()) {
    session->second->nsp().on_event(*session->second, std::move(packet));
    return;
  }
  // Sent before the peer knew of the end.
  if (session != sessions_.end() || expelled_.contains(packet.nsp)) return;
  if (pending_.contains(packet.nsp)) {
    if (!hold(packet)) protocol_fault();
    return;
  }
  if (wire_ == connection::Wire::kPlain) {
    refuse("/", {"NO_TOKEN", "NO_TOKEN", protocol::CloseCode::kUnauthenticated});
    return;
  }
  protocol_fault();
}

bool PeerSessions::hold(protocol::Packet& packet) {
  if (held_.size() >= kHeldPackets || held_bytes_ + packet.data.size() > kHeldBytes) return false;
  held_bytes_ += packet.data.size();
  held_.push_back(std::move(packet));
  return true;
}

void PeerSessions::release_held(const std::string& nsp) {
  std::deque<protocol::Packet> held = std::exchange(held_, {});
  held_bytes_ = 0;
  for (protocol::Packet& packet : held) {
    if (packet.nsp == nsp) {
      on_event(std::move(packet));
    } else {
      hold(packet);
    }
  }
}

void PeerSessions::end_session(const std::string& nsp, std::string_view reason) {
  const auto found = sessions_.find(nsp);
  if (found == sessions_.end()) return;
  std::unique_ptr<Session> session = std::move(found->second);
  sessions_.erase(found);
  if (session->ended() && expelled_.size() < kExpelled) expelled_.insert(nsp);
  const SessionId id = session->id();
  const std::string user_id = session->principal().user_id;
  const std::string own_reason = session->disconnect_reason();
  const std::shared_ptr<Namespace> left = session->nsp().shared_from_this();
  session.reset();
  namespaces_.release(*left);
  if (sessions_.empty() && connection_ != nullptr) connection_->abandoned();
  if (draining_) drain();
  if (environment_.hooks.disconnect) {
    environment_.hooks.disconnect(id, user_id, own_reason.empty() ? reason : own_reason);
  }
}

// ---------------------------------------------------------------- end

bool PeerSessions::is_last(const Session& session) const {
  return wire_ == connection::Wire::kPlain ||
         std::ranges::none_of(sessions_, [&session](const auto& entry) {
           return entry.second.get() != &session && !entry.second->ended();
         });
}

void PeerSessions::session_ended(Session& session) {
  environment_.home->post(
      [&peers = peers_, id = id_, session = session.id(), nsp = session.nsp().name()] {
        PeerSessions* peer = peers.find(id);
        if (peer == nullptr) return;
        const auto found = peer->sessions_.find(nsp);
        if (found == peer->sessions_.end() || found->second->id() != session) return;
        peer->end_session(nsp, {});
      });
}

void PeerSessions::session_idle() {
  if (draining_) drain();
}

void PeerSessions::on_close(std::string_view reason) {
  connection_ = nullptr;
  peers_.remove(id_);  // Answers that come home from now on concern nobody.
  for (const auto& [nsp, session] : sessions_) {
    if (!session->ended() && !session->pid().empty()) {
      environment_.lost_sessions.keep(session->lost());
    }
  }
  while (!sessions_.empty()) {
    const std::string nsp = sessions_.begin()->first;
    end_session(nsp, reason);
  }
}

void PeerSessions::drain() {
  draining_ = true;
  if (connection_ == nullptr) return;
  const bool due = std::ranges::any_of(
      sessions_, [](const auto& entry) { return !entry.second->ended() && !entry.second->idle(); });
  if (due) return;  // session_idle() looks again.
  close_now(protocol::CloseCode::kGoingAway, "server shutting down");
}

void PeerSessions::close_now(protocol::CloseCode code, std::string_view reason) {
  if (connection_ != nullptr) connection_->close(code, reason);
}

void PeerSessions::protocol_fault() {
  if (connection_ == nullptr) return;
  for (const auto& [nsp, session] : sessions_) session->give_up_recovery();
  if (wire_ == connection::Wire::kPlain) {
    connection_->close(protocol::CloseCode::kPolicy, "protocol fault");
  } else {
    connection_->close_without_code();
  }
}

}  // namespace securechat::chat
