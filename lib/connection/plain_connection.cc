#include "connection/plain_connection.h"

#include <string>
#include <utility>

#include "protocol/plain_json.h"

namespace securechat::connection {

namespace plain_json = protocol::plain_json;

PlainConnection::PlainConnection(const SharedValue<ConnectionContext>& context,
                                 std::int64_t accepted_at_ms,
                                 std::unique_ptr<ConnectionHandler> handler)
    : Connection(Wire::kPlain, context, accepted_at_ms, std::move(handler)),
      heartbeat_([this] { on_heartbeat(); }) {}

void PlainConnection::on_open(net::Socket& socket) {
  use_socket(&socket);
  start_timer(heartbeat_, options().ping_interval_ms);
  opened();
}

void PlainConnection::on_close(net::CloseCause cause) {
  heartbeat_.cancel();
  closed(ping_timeout_ ? net::CloseCause::kPingTimeout : cause);
}

void PlainConnection::end(std::uint16_t code, std::string_view reason) {
  if (socket() != nullptr) socket()->close(code, reason);
}

void PlainConnection::set_joined(bool joined) {
  if (socket() != nullptr) socket()->set_payload_limit(payload_limit(joined));
}

void PlainConnection::on_heartbeat() {
  if (pong_due_) {
    ping_timeout_ = true;
    close_without_code();
    return;
  }
  pong_due_ = true;
  send(net::make_frame(net::Opcode::kPing, {}));
  start_timer(heartbeat_, options().ping_timeout_ms);
}

void PlainConnection::on_pong() {
  pong_due_ = false;
  start_timer(heartbeat_, options().ping_interval_ms);
}

void PlainConnection::refuse_late() {
  close(protocol::CloseCode::kAuthTimeout, "authentication timeout");
}

void PlainConnection::on_message(bool text, std::string_view payload) {
  if (!text) {
    handler().on_fault(net::CloseCause::kProtocolError);
    close(protocol::CloseCode::kPolicy, "text frames only");
    return;
  }
  Result<protocol::Packet> packet = plain_json::decode(payload);
  if (packet.ok()) {
    handler().on_packet(std::move(*packet));
  } else {
    handler().on_fault(net::CloseCause::kProtocolError);
    close(protocol::CloseCode::kPolicy, "not a securechat.v1 frame");
  }
}

void PlainConnection::send_welcome(std::string_view /*nsp*/, std::string_view sid,
                                   std::string_view /*pid*/, std::string_view user) {
  std::string frame;
  plain_json::encode_welcome(frame, sid, user, false);
  send_text(frame);
}

void PlainConnection::send_refusal(std::string_view nsp, const Refusal& refusal) {
  send_error(nsp, refusal.message, refusal.code);
  close(refusal.close, refusal.message);
}

void PlainConnection::send_event(const protocol::OutgoingEvent& event) {
  if (!event.attachments.empty()) return;
  std::string frame;
  plain_json::encode_event(frame, event);
  send_text(frame);
}

void PlainConnection::send_error(std::string_view /*nsp*/, std::string_view message,
                                 std::string_view code) {
  std::string frame;
  plain_json::encode_error(frame, message, code);
  send_text(frame);
}

void PlainConnection::send_ack(std::string_view /*nsp*/, std::string_view ack,
                               std::string_view args, protocol::Attachments /*attachments*/) {
  std::string frame;
  plain_json::encode_ack(frame, ack, args);
  send_text(frame);
}

void PlainConnection::send_disconnect(std::string_view /*nsp*/, const Refusal& why) {
  close(why.close, why.message);
}

}  // namespace securechat::connection
