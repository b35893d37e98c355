#include "chat/peer_sessions.h"

#include <algorithm>
#include <utility>

#include "chat/namespaces.h"
#include "chat/peer_table.h"
#include "chat/recovery_table.h"

namespace securechat::chat {
PeerSessions::PeerSessions(const auth::Handshake& handshake,
                           std::unique_ptr<auth::HeaderSource> headers, connection::Wire wire,
                           Namespaces& namespaces, PeerTable& peers)
    : upgrade_(handshake, std::move(headers), namespaces.environment().trail.enabled()),
      namespaces_(namespaces),
      peers_(peers),
      id_(peers.next_id()),
      wire_(wire) {
  peers_.add(*this);
}

PeerSessions::~PeerSessions() {
  peers_.remove(*this);
}

void PeerSessions::on_open(connection::Connection& connection) {
  connection_ = &connection;
  if (draining_) {
    drain();
    return;
  }
  // Judged on the handshake, before anything of the peer is read; a Socket.IO peer hears it as the
  // answer to its CONNECT.
  if (wire_ == connection::Wire::kPlain && upgrade_.origin_fault() != auth::Fault::kNone) {
    refuse("/",
           {auth::connect_error_message(upgrade_.origin_fault()),
            auth::connect_error_code(upgrade_.origin_fault()), protocol::CloseCode::kForbidden});
    return;
  }
  // A plain peer has one namespace and needs no auth frame when its identity came with the upgrade.
  if (wire_ == connection::Wire::kPlain && upgrade_.identified()) begin_join("/", {});
}

void PeerSessions::on_packet(protocol::Packet packet) {
  environment().counters.packets_received.add();
  if (!budget_.take(packet, environment().options, environment().clock.monotonic_ms())) {
    environment().log.limited(
        LogLevel::kWarn, upgrade_.address().rate_key(),
        "a connection sent more than its budget and was closed",
        {{"address", upgrade_.address().to_string()}, {"connection", name()}});
    environment().counters.rate_limited.add("packets");
    record(audit::Name::kRateLimited, audit::Outcome::kRefused, "packets", nullptr);
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
  const Session* session = sessions_.find(packet.nsp);
  // One that we ended may still be here when its peer comes back.
  if (session != nullptr && session->ended()) end_session(packet.nsp, {});
  if (sessions_.find(packet.nsp) != nullptr || unsettled_.joining(packet.nsp)) {
    protocol_fault();
  } else {
    begin_join(packet.nsp, packet.data);
  }
}

// A late or invented one is ignored, as the reference does.
void PeerSessions::on_ack(const protocol::Packet& packet) {
  Session* session = sessions_.find(packet.nsp);
  if (session != nullptr) session->on_ack(packet);
}

void PeerSessions::on_event(protocol::Packet packet) {
  Session* session = sessions_.find(packet.nsp);
  if (session != nullptr && !session->ended()) {
    session->nsp().on_event(*session, std::move(packet));
    return;
  }
  // Sent before the peer knew of the end.
  if (session != nullptr || unsettled_.expelled(packet.nsp)) return;
  if (unsettled_.joining(packet.nsp)) {
    if (!unsettled_.hold(packet)) protocol_fault();
    return;
  }
  if (wire_ == connection::Wire::kPlain) {
    refuse("/", {"NO_TOKEN", "NO_TOKEN", protocol::CloseCode::kUnauthenticated});
    return;
  }
  protocol_fault();
}

void PeerSessions::release_held(const std::string& nsp) {
  for (protocol::Packet& packet : unsettled_.release(nsp)) on_event(std::move(packet));
}

void PeerSessions::end_session(const std::string& nsp, std::string_view reason) {
  std::unique_ptr<Session> session = sessions_.take(nsp);
  if (!session) return;
  if (session->ended()) unsettled_.expel(nsp);
  const SessionId id = session->id();
  const std::string user_id(session->principal().user_id());
  const std::string own_reason(session->disconnect_reason());
  const std::shared_ptr<Namespace> left = session->nsp().shared_from_this();
  session.reset();
  namespaces_.release(*left);
  if (sessions_.empty() && connection_ != nullptr) connection_->abandoned();
  if (draining_) drain();
  if (environment().hooks.disconnect) {
    environment().hooks.disconnect(id, user_id, own_reason.empty() ? reason : own_reason);
  }
}

// ---------------------------------------------------------------- end

bool PeerSessions::is_last(const Session& session) const {
  return wire_ == connection::Wire::kPlain ||
         std::ranges::none_of(sessions_, [&session](const auto& entry) {
           return entry.get() != &session && !entry->ended();
         });
}

void PeerSessions::session_ended(Session& session) {
  environment().home->post(
      [&peers = peers_, id = id_, session = session.id(), nsp = session.nsp().name()] {
        PeerSessions* peer = peers.find(id);
        if (peer == nullptr) return;
        const Session* found = peer->sessions_.find(nsp);
        if (found != nullptr && found->id() == session) peer->end_session(nsp, {});
      });
}

void PeerSessions::session_idle() {
  if (draining_) drain();
}

std::string PeerSessions::name() const {
  return "connection-" + std::to_string(environment().shard) + "-" + std::to_string(id_);
}

// To the audit log. Where nobody says who, it is the user of one of the sessions.
void PeerSessions::record(audit::Name name, audit::Outcome result, std::string_view reason,
                          const auth::KeptPrincipal* who) const {
  if (!environment().trail.enabled()) return;
  if (who == nullptr && !sessions_.empty()) who = &(*sessions_.begin())->principal();
  const std::string request = this->name();
  const std::string_view user_id = who != nullptr ? who->user_id() : std::string_view();
  const std::string_view sid = who != nullptr ? who->sid() : std::string_view();
  environment().trail.record(
      {name, result, reason, request, user_id, sid, &upgrade_.address(), upgrade_.origin()});
}

void PeerSessions::on_fault(net::CloseCause cause) {
  const bool too_big = cause == net::CloseCause::kTooBig;
  const bool too_slow = cause == net::CloseCause::kSlowConsumer;
  Counters& counters = environment().counters;
  (too_big    ? counters.payload_refusals
   : too_slow ? counters.slow_consumers
              : counters.protocol_faults)
      .add();
  record(too_big    ? audit::Name::kPayloadRefused
         : too_slow ? audit::Name::kSlowConsumer
                    : audit::Name::kProtocolError,
         too_big ? audit::Outcome::kRefused : audit::Outcome::kFailed, {}, nullptr);
}

void PeerSessions::on_close(std::string_view reason) {
  connection_ = nullptr;
  peers_.remove(*this);  // Answers that come home from now on concern nobody.
  for (const std::unique_ptr<Session>& session : sessions_) {
    if (!session->ended() && !session->pid().empty()) {
      environment().lost_sessions.keep(session->lost());
    }
  }
  while (!sessions_.empty()) {
    const std::string nsp = (*sessions_.begin())->nsp().name();
    end_session(nsp, reason);
  }
}

void PeerSessions::drain() {
  draining_ = true;
  if (connection_ == nullptr) return;
  const bool due = std::ranges::any_of(
      sessions_, [](const auto& entry) { return !entry->ended() && !entry->idle(); });
  if (due) return;  // session_idle() looks again.
  close_now(protocol::CloseCode::kGoingAway, "server shutting down");
}

void PeerSessions::close_now(protocol::CloseCode code, std::string_view reason) {
  if (connection_ != nullptr) {
    connection_->close(code, reason);
  } else {
    draining_ = true;  // It closes as soon as it opens.
  }
}

void PeerSessions::protocol_fault() {
  if (connection_ == nullptr) return;
  on_fault(net::CloseCause::kProtocolError);
  for (const auto& session : sessions_) session->give_up_recovery();
  if (wire_ == connection::Wire::kPlain) {
    connection_->close(protocol::CloseCode::kPolicy, "protocol fault");
  } else {
    connection_->close_without_code();
  }
}

}  // namespace securechat::chat
