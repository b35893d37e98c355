#include "connection/socket_io_connection.h"

#include <string>
#include <utility>

#include "base/json.h"
#include "connection/broadcast.h"
#include "protocol/socket_io.h"

namespace securechat::connection {

namespace socket_io = protocol::socket_io;

SocketIoConnection::SocketIoConnection(const SharedValue<ConnectionContext>& context,
                                       std::int64_t accepted_at_ms,
                                       std::unique_ptr<ConnectionHandler> handler)
    : Connection(Wire::kSocketIo, context, accepted_at_ms, std::move(handler)) {}

void SocketIoConnection::on_open(EngineSession& session) {
  session_ = &session;
  opened();
}

void SocketIoConnection::on_close(net::CloseCause cause) {
  session_ = nullptr;
  closed(cause);
}

void SocketIoConnection::end(std::uint16_t code, std::string_view reason) {
  if (session_ != nullptr) session_->close(code, reason);
}

void SocketIoConnection::set_joined(bool joined) {
  if (session_ != nullptr) session_->admit(joined, payload_limit(joined));
}

void SocketIoConnection::send_without_socket(net::FrameRef frame) {
  if (session_ != nullptr) session_->send(std::move(frame));
}

// ---------------------------------------------------------------- receiving

void SocketIoConnection::on_message(bool text, std::string_view payload) {
  if (text) {
    on_text(payload);
  } else {
    on_attachment(payload);
  }
}

void SocketIoConnection::on_text(std::string_view payload) {
  Result<protocol::Packet> packet = socket_io::decode(payload);
  // Attachments follow their packet without anything in between.
  if (!packet.ok() || incomplete_) {
    incomplete_.reset();
    handler().on_fault(net::CloseCause::kProtocolError);
    close_without_code();
    return;
  }
  if (packet->attachments_due == 0) {
    handler().on_packet(std::move(*packet));
    return;
  }
  incomplete_ = std::make_unique<Incomplete>(Incomplete{std::move(*packet), payload.size()});
}

void SocketIoConnection::on_attachment(std::string_view payload) {
  const std::size_t limit = session_->payload_limit();
  if (!incomplete_ || payload.size() > limit || incomplete_->bytes > limit - payload.size()) {
    handler().on_fault(incomplete_ ? net::CloseCause::kTooBig : net::CloseCause::kProtocolError);
    incomplete_.reset();
    close_without_code();
    return;
  }
  incomplete_->bytes += payload.size();
  protocol::Packet& packet = incomplete_->packet;
  packet.attachments.emplace_back(payload);
  if (packet.attachments.size() < packet.attachments_due) return;
  packet.attachments_due = 0;
  const std::unique_ptr<Incomplete> complete = std::move(incomplete_);
  handler().on_packet(std::move(complete->packet));
}

// ---------------------------------------------------------------- sending

void SocketIoConnection::send_packet(std::string_view packet, protocol::Attachments attachments) {
  if (attachments.empty()) {
    send(socket_io_frame(packet));
    return;
  }
  for (net::FrameRef& frame : socket_io_frames(packet, attachments)) send(std::move(frame));
}

void SocketIoConnection::send_welcome(std::string_view nsp, std::string_view sid,
                                      std::string_view pid, std::string_view /*user*/) {
  std::string packet;
  socket_io::encode_connect(packet, nsp, sid, pid);
  send_packet(packet);
}

void SocketIoConnection::send_refusal(std::string_view nsp, const Refusal& refusal) {
  std::string data;
  if (options().error_data)
    JsonWriter(data).begin_object().key("code").string(refusal.code).end_object();
  std::string packet;
  socket_io::encode_connect_error(packet, nsp, refusal.message, data);
  send_packet(packet);
}

void SocketIoConnection::send_event(const protocol::OutgoingEvent& event) {
  std::string packet;
  socket_io::encode_event(packet, event);
  send_packet(packet, event.attachments);
}

void SocketIoConnection::send_error(std::string_view nsp, std::string_view message,
                                    std::string_view code) {
  std::string args;
  JsonWriter json(args);
  json.begin_array().begin_object().key("message").string(message);
  if (options().error_data) json.key("code").string(code);
  json.end_object().end_array();
  send_event({.nsp = nsp, .event = "error", .args = args});
}

void SocketIoConnection::send_ack(std::string_view nsp, std::string_view ack, std::string_view args,
                                  protocol::Attachments attachments) {
  std::string packet;
  socket_io::encode_ack(packet, nsp, ack, args, attachments.size());
  send_packet(packet, attachments);
}

void SocketIoConnection::send_disconnect(std::string_view nsp, const Refusal& /*why*/) {
  std::string packet;
  socket_io::encode_disconnect(packet, nsp);
  send_packet(packet);
}

}  // namespace securechat::connection
