#include "connection/engine_session.h"

#include <utility>

#include "connection/engine_answers.h"

// An Engine.IO session as a connection: packets, heartbeat, end. Its transports are in
// engine_transports.cc.
namespace securechat::connection {

namespace engine_io = protocol::engine_io;

EngineSession::EngineSession(std::string_view sid, const EnginePeer& peer,
                             const SharedValue<EngineOptions>& options,
                             std::unique_ptr<EngineClient> client, Owner& owner)
    : texts_({sid, peer.address, peer.origin, peer.bearer}),
      options_(options),
      client_(std::move(client)),
      owner_(owner),
      payload_limit_(options->payload_limit),
      heartbeat_([this] { on_heartbeat(); }) {}

EngineSession::~EngineSession() = default;

EnginePeer EngineSession::peer() const {
  return {std::string(texts_.at(1)), std::string(texts_.at(2)), std::string(texts_.at(3))};
}

bool EngineSession::closing() const {
  if (closing_ || ended_) return true;
  if (transport_ == nullptr) return false;
  return transport_->socket() == nullptr || transport_->socket()->closing();
}

void EngineSession::start_timer(Timer& timer, std::int64_t delay_ms) {
  timer.start(owner_.timers(), owner_.clock().monotonic_ms() + delay_ms);
}

std::string EngineSession::open_packet() const {
  engine_io::Open packet;
  packet.sid = sid();
  packet.upgrade_to_websocket = options_->upgrades && polling_ != nullptr;
  packet.ping_interval_ms = options_->ping_interval_ms;
  packet.ping_timeout_ms = options_->ping_timeout_ms;
  packet.max_payload = static_cast<std::int64_t>(options_->max_payload);
  return engine_io::encode_open(packet);
}

void EngineSession::begin() {
  opened_ = true;
  start_timer(heartbeat_, options_->ping_interval_ms);
  client_->on_open(*this);
}

void EngineSession::admit(bool joined, std::size_t payload_limit) {
  payload_limit_ = payload_limit;
  for (EngineSocket* socket : {transport_, probe_}) {
    if (socket != nullptr && socket->socket() != nullptr) {
      socket->socket()->set_payload_limit(payload_limit);
    }
  }
  owner_.admitted(*this, joined);
}

// ---------------------------------------------------------------- packets

void EngineSession::on_packet(std::string_view text) {
  const Result<engine_io::TextPacket> packet = engine_io::decode(text);
  if (!packet.ok()) {
    fault();
    return;
  }
  switch (packet->type) {
    case engine_io::Type::kMessage:
      client_->on_message(true, packet->data);
      return;
    case engine_io::Type::kPong:
      on_pong();
      return;
    case engine_io::Type::kClose:
      release_poll("6");
      finish_later(net::CloseCause::kPeerClosed);
      return;
    default:
      fault();  // Only a server opens and pings; upgrades are asked for on a new transport.
      return;
  }
}

void EngineSession::on_binary(std::string_view data) {
  client_->on_message(false, data);
}

// ---------------------------------------------------------------- heartbeat

void EngineSession::on_pong() {
  pong_due_ = false;
  start_timer(heartbeat_, options_->ping_interval_ms);
}

void EngineSession::on_heartbeat() {
  if (pong_due_) {
    end(net::CloseCause::kPingTimeout);
    return;
  }
  pong_due_ = true;
  send(net::make_frame(net::Opcode::kText, "2"));
  start_timer(heartbeat_, options_->ping_timeout_ms);
}

// ---------------------------------------------------------------- end

void EngineSession::fault() {
  finish_later(net::CloseCause::kProtocolError);
}

void EngineSession::end(net::CloseCause cause) {
  if (std::exchange(ended_, true)) return;
  closing_ = true;
  heartbeat_.cancel();
  if (flush_timer_) flush_timer_->cancel();
  drop_probe();
  if (EngineSocket* socket = std::exchange(transport_, nullptr)) socket->abandon();
  release_poll("1");
  forget_post();
  client_->on_socket(nullptr);
  owner_.retire(*this);  // First: a callback of the host may not return from what follows.
  if (opened_) client_->on_close(cause);
}

}  // namespace securechat::connection
