#include <string>
#include <utility>

#include "connection/engine_answers.h"
#include "connection/engine_session.h"

// The transports of an Engine.IO session: polls, the WebSocket, the change from the one to the
// other (https://socket.io/docs/v4/engine-io-protocol/#upgrade).
namespace securechat::connection {

namespace engine_io = protocol::engine_io;

namespace {

// How long a closing session waits for the poll that carries its last packets.
constexpr std::int64_t kLastPollMs = 2'000;

net::FrameRef text_frame(std::string_view packet) {
  return net::make_frame(net::Opcode::kText, packet);
}

}  // namespace

void EngineSession::send(net::FrameRef frame) {
  if (transport_ != nullptr) {
    if (transport_->socket() != nullptr) transport_->socket()->send(std::move(frame));
    return;
  }
  if (closing_ || !polling_) return;
  if (!polling_->push(std::move(frame), options_->send_queue)) {
    if (!options_->drop_over_queue) finish_later(net::CloseCause::kSlowConsumer);
    return;
  }
  // What is said in one turn leaves in one answer.
  if (polling_->get && !flush_timer_->active()) start_timer(*flush_timer_, 0);
}

// Never ends inside the call: whoever closes may be walking over sessions.
void EngineSession::close(std::uint16_t code, std::string_view reason) {
  if (closing_ || ended_) return;
  closing_ = true;
  if (transport_ != nullptr) {
    if (transport_->socket() != nullptr) transport_->socket()->close(code, reason);
    return;
  }
  // A peer that is changing its transport does not poll any more: it gets the rest over there.
  if (!probed_) drop_probe();
  if (polling_) start_timer(*flush_timer_, polling_->get ? 0 : kLastPollMs);
}

// The peer has left, or is not worth a further word.
void EngineSession::finish_later(net::CloseCause cause) {
  if (closing_ || ended_) return;
  closing_ = true;
  cause_ = cause;
  drop_probe();
  if (transport_ != nullptr) {
    if (transport_->socket() != nullptr) transport_->socket()->close(net::kNoStatusCode, {});
  } else if (polling_) {
    start_timer(*flush_timer_, 0);
  }
}

// ---------------------------------------------------------------- long-polling

void EngineSession::open_polling(net::ExchangeId id) {
  polling_ = std::make_unique<Polling>();
  flush_timer_ = std::make_unique<Timer>([this] { flush_polling(); });
  owner_.answer(id, poll_answer(open_packet()));
  begin();
}

// The close packet goes in an answer of its own, as the reference's does: clients act on it before
// they act on the packets in front of it. A session that ends for a fault does not wait for that.
void EngineSession::flush_polling() {
  const bool said = polling_ && polling_->get && !polling_->empty();
  if (said) {
    owner_.answer(*std::exchange(polling_->get, std::nullopt),
                  poll_answer(polling_->take_payload()));
  }
  if (!closing_) return;
  if (said && cause_ == net::CloseCause::kLocal) {
    start_timer(*flush_timer_, kLastPollMs);
  } else {
    end(cause_);
  }
}

// Answers the poll that waits, if one does, with what there is, and with `packet` behind it; a noop
// is only for a poll that would be answered with nothing.
void EngineSession::release_poll(std::string_view packet) {
  if (!polling_ || !polling_->get) return;
  std::string payload = polling_->take_payload();
  if (packet != "6" || payload.empty()) engine_io::append_to_payload(payload, false, packet);
  owner_.answer(*std::exchange(polling_->get, std::nullopt), poll_answer(std::move(payload)));
}

void EngineSession::poll(net::ExchangeId id) {
  if (polling_->get) {
    release_poll("1");
    owner_.answer(id, engine_error_answer(400, engine_io::kBadRequest));
    end(net::CloseCause::kTransportError);
    return;
  }
  polling_->get = id;
  if (!polling_->empty() || closing_) {
    flush_polling();
  } else if (probed_) {
    release_poll("6");
  }
}

std::optional<net::HttpResponse> EngineSession::begin_post(net::ExchangeId id) {
  if (polling_->post) {
    end(net::CloseCause::kTransportError);
    return engine_error_answer(400, engine_io::kBadRequest);
  }
  polling_->post = id;
  return std::nullopt;
}

// A POST without a body, and one that another shard has read, come here without begin_post().
void EngineSession::post(net::ExchangeId id, std::string_view content_type, std::string_view body) {
  if (polling_->post && polling_->post != id) {
    owner_.answer(id, engine_error_answer(400, engine_io::kBadRequest));
    end(net::CloseCause::kTransportError);
    return;
  }
  polling_->post.reset();
  const auto packets = engine_io::decode_payload(body);
  // Binary messages are base64 here; a binary body belongs to an older protocol.
  if (!packets.ok() || content_type == "application/octet-stream") {
    fault();
    owner_.answer(id, engine_error_answer(400, engine_io::kBadRequest));
    return;
  }
  for (const engine_io::PayloadPacket& packet : *packets) {
    if (closing_) break;
    if (packet.binary) {
      on_binary(packet.data);
    } else {
      on_packet(packet.data);
    }
  }
  const bool faulty = closing_ && cause_ == net::CloseCause::kProtocolError;
  owner_.answer(id, faulty ? engine_error_answer(400, engine_io::kBadRequest) : post_answer());
}

void EngineSession::gone(net::ExchangeId id) {
  if (!polling_ || ended_) return;
  if (polling_->get == id) {
    polling_->get.reset();
    end(net::CloseCause::kTransportError);
  } else if (polling_->post == id) {
    polling_->post.reset();
    end(net::CloseCause::kTransportError);
  }
}

void EngineSession::forget_post() {
  if (polling_ && polling_->post) owner_.forget(*std::exchange(polling_->post, std::nullopt));
}

// ---------------------------------------------------------------- WebSocket

std::unique_ptr<net::SocketHandler> EngineSession::open_websocket() {
  auto socket = std::make_unique<EngineSocket>(this);
  transport_ = socket.get();
  return socket;
}

std::unique_ptr<net::SocketHandler> EngineSession::open_probe() {
  auto socket = std::make_unique<EngineSocket>(this);
  probe_ = socket.get();
  upgrade_timer_ = std::make_unique<Timer>([this] { drop_probe(); });
  start_timer(*upgrade_timer_, options_->upgrade_timeout_ms);
  return socket;
}

void EngineSession::drop_probe() {
  probed_ = false;
  if (EngineSocket* probe = std::exchange(probe_, nullptr)) probe->abandon();
  if (upgrade_timer_) upgrade_timer_->cancel();
}

void EngineSession::on_socket_open(EngineSocket& socket) {
  if (&socket != transport_) return;
  client_->on_socket(socket.socket());
  socket.socket()->send(text_frame(open_packet()));
  begin();
}

void EngineSession::on_socket_message(EngineSocket& socket, bool text, std::string_view payload) {
  if (&socket == probe_) {
    on_probe_message(text ? payload : std::string_view());
  } else if (closing_) {
    return;
  } else if (text) {
    on_packet(payload);
  } else {
    on_binary(payload);
  }
}

void EngineSession::on_socket_close(EngineSocket& socket, net::CloseCause cause) {
  if (&socket == probe_) {
    probe_ = nullptr;
    drop_probe();
  } else if (&socket == transport_) {
    transport_ = nullptr;
    end(cause_ == net::CloseCause::kLocal ? cause : cause_);
  }
}

void EngineSession::on_probe_message(std::string_view packet) {
  if (packet == "2probe") {
    probe_->socket()->send(text_frame("3probe"));
    probed_ = true;
    // The peer lets go of polling once the poll that is under way has been answered.
    if (polling_->empty()) release_poll("6");
  } else if (packet == "5" && probed_) {
    complete_upgrade();
  } else {
    drop_probe();
  }
}

void EngineSession::complete_upgrade() {
  release_poll("6");
  forget_post();
  transport_ = std::exchange(probe_, nullptr);
  drop_probe();
  flush_timer_->cancel();
  net::Socket& socket = *transport_->socket();
  socket.set_payload_limit(payload_limit_);
  for (net::FrameRef& frame : polling_->take_frames()) socket.send(std::move(frame));
  polling_.reset();
  if (closing_) {
    socket.close(net::kNoStatusCode, {});
  } else {
    client_->on_socket(&socket);
  }
}

}  // namespace securechat::connection
