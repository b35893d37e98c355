#include "connection/connection.h"

#include <algorithm>
#include <utility>

namespace securechat::connection {
namespace {

std::string_view disconnect_reason(net::CloseCause cause) {
  switch (cause) {
    case net::CloseCause::kPeerClosed:
      return "transport close";
    case net::CloseCause::kTransportError:
      return "transport error";
    case net::CloseCause::kLocal:
      return "forced close";
    case net::CloseCause::kProtocolError:
    case net::CloseCause::kTooBig:
      return "parse error";
    case net::CloseCause::kSlowConsumer:
      return "slow consumer";
    case net::CloseCause::kPingTimeout:
      return "ping timeout";
  }
  return "transport close";
}

}  // namespace

Connection::Connection(Wire wire, const ConnectionOptions& options, std::int64_t accepted_at_ms,
                       std::unique_ptr<ConnectionHandler> handler, TimerQueue& timers,
                       const Clock& clock)
    : wire_(wire),
      options_(options),
      accepted_at_ms_(accepted_at_ms),
      handler_(std::move(handler)),
      timers_(timers),
      clock_(clock),
      deadline_([this] { refuse_late(); }) {}

void Connection::on_open(net::Socket& socket) {
  socket_ = &socket;
  deadline_.start(timers_, accepted_at_ms_ + options_.auth_timeout_ms);
  open();
  handler_->on_open(*this);
}

void Connection::on_close(net::CloseCause cause) {
  socket_ = nullptr;
  deadline_.cancel();
  handler_->on_close(disconnect_reason(ping_timeout_ ? net::CloseCause::kPingTimeout : cause));
}

void Connection::joined() {
  deadline_.cancel();
  if (socket_ != nullptr) socket_->set_payload_limit(options_.payload_limit);
}

void Connection::abandoned() {
  if (closing()) return;
  socket_->set_payload_limit(options_.payload_unauthenticated);
  start_timer(deadline_, options_.auth_timeout_ms);
}

void Connection::send(net::FrameRef frame) {
  if (socket_ != nullptr) socket_->send(std::move(frame));
}

void Connection::send_text(std::string_view payload) {
  send(net::make_frame(net::Opcode::kText, payload));
}

void Connection::close(protocol::CloseCode code, std::string_view reason) {
  if (socket_ != nullptr) socket_->close(static_cast<std::uint16_t>(code), reason);
}

void Connection::close_without_code() {
  if (socket_ != nullptr) socket_->close(net::kNoStatusCode, {});
}

void Connection::start_timer(Timer& timer, std::int64_t delay_ms) {
  timer.start(timers_, clock_.monotonic_ms() + delay_ms);
}

void Connection::fail_heartbeat() {
  ping_timeout_ = true;
  close_without_code();
}

}  // namespace securechat::connection
