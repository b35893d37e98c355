#include "connection/engine_connection.h"

#include <utility>

#include "base/json.h"
#include "connection/broadcast.h"
#include "protocol/engine_io.h"
#include "protocol/socket_io.h"

namespace securechat::connection {

namespace engine_io = protocol::engine_io;
namespace socket_io = protocol::socket_io;

EngineConnection::EngineConnection(std::string engine_sid, const ConnectionOptions& options,
                                   std::int64_t accepted_at_ms,
                                   std::unique_ptr<ConnectionHandler> handler, TimerQueue& timers,
                                   const Clock& clock)
    : Connection(Wire::kSocketIo, options, accepted_at_ms, std::move(handler), timers, clock),
      engine_sid_(std::move(engine_sid)),
      heartbeat_([this] { on_heartbeat(); }) {}

void EngineConnection::open() {
  engine_io::Open packet;
  packet.sid = engine_sid_;
  packet.ping_interval_ms = options().ping_interval_ms;
  packet.ping_timeout_ms = options().ping_timeout_ms;
  packet.max_payload = static_cast<std::int64_t>(options().payload_limit);
  send_text(engine_io::encode_open(packet));
  start_timer(heartbeat_, options().ping_interval_ms);
}

void EngineConnection::on_heartbeat() {
  if (pong_due_) {
    fail_heartbeat();
    return;
  }
  pong_due_ = true;
  send_text("2");
  start_timer(heartbeat_, options().ping_timeout_ms);
}

void EngineConnection::on_pong_packet() {
  pong_due_ = false;
  start_timer(heartbeat_, options().ping_interval_ms);
}

void EngineConnection::refuse_late() {
  close_without_code();
}

void EngineConnection::on_message(bool text, std::string_view payload) {
  if (!text) {
    close_without_code();
    return;
  }
  const Result<engine_io::TextPacket> frame = engine_io::decode(payload);
  if (!frame.ok()) {
    close_without_code();
    return;
  }
  switch (frame->type) {
    case engine_io::Type::kMessage: {
      Result<protocol::Packet> packet = socket_io::decode(frame->data);
      if (packet.ok()) {
        handler().on_packet(std::move(*packet));
      } else {
        close_without_code();
      }
      return;
    }
    case engine_io::Type::kPong:
      on_pong_packet();
      return;
    case engine_io::Type::kClose:
      close_without_code();
      return;
    default:
      // Only a server opens, pings, and answers an upgrade that this session does not offer.
      close_without_code();
      return;
  }
}

void EngineConnection::send_packet(std::string_view socket_io_packet) {
  send(net::make_frame(net::Opcode::kText, "4", socket_io_packet));
}

void EngineConnection::send_welcome(std::string_view nsp, std::string_view sid,
                                    std::string_view /*user*/) {
  std::string packet;
  socket_io::encode_connect(packet, nsp, sid, {});
  send_packet(packet);
}

void EngineConnection::send_refusal(std::string_view nsp, const Refusal& refusal) {
  std::string data;
  if (options().error_data)
    JsonWriter(data).begin_object().key("code").string(refusal.code).end_object();
  std::string packet;
  socket_io::encode_connect_error(packet, nsp, refusal.message, data);
  send_packet(packet);
}

void EngineConnection::send_event(const protocol::OutgoingEvent& event) {
  std::string packet;
  socket_io::encode_event(packet, event);
  for (net::FrameRef& frame : socket_io_frames(packet, event.attachments)) send(std::move(frame));
}

void EngineConnection::send_error(std::string_view nsp, std::string_view message,
                                  std::string_view code) {
  std::string args;
  JsonWriter json(args);
  json.begin_array().begin_object().key("message").string(message);
  if (options().error_data) json.key("code").string(code);
  json.end_object().end_array();
  send_event({.nsp = nsp, .event = "error", .args = args});
}

void EngineConnection::send_ack(std::string_view nsp, std::string_view ack, std::string_view args,
                                protocol::Attachments attachments) {
  std::string packet;
  socket_io::encode_ack(packet, nsp, ack, args, attachments.size());
  for (net::FrameRef& frame : socket_io_frames(packet, attachments)) send(std::move(frame));
}

void EngineConnection::send_disconnect(std::string_view nsp, const Refusal& /*why*/) {
  std::string packet;
  socket_io::encode_disconnect(packet, nsp);
  send_packet(packet);
}

}  // namespace securechat::connection
