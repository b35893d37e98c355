#include "connection/connection.h"

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

Connection::Connection(Wire wire, const SharedValue<ConnectionContext>& context,
                       std::int64_t accepted_at_ms, std::unique_ptr<ConnectionHandler> handler)
    : wire_(wire),
      context_(context),
      accepted_at_ms_(accepted_at_ms),
      handler_(std::move(handler)) {}

void Connection::opened() {
  start_deadline(accepted_at_ms_ + options().auth_timeout_ms);
  handler_->on_open(*this);
}

void Connection::closed(net::CloseCause cause) {
  socket_ = nullptr;
  deadline_.reset();
  if (cause == net::CloseCause::kProtocolError || cause == net::CloseCause::kTooBig ||
      cause == net::CloseCause::kSlowConsumer) {
    handler_->on_fault(cause);
  }
  handler_->on_close(disconnect_reason(cause));
}

void Connection::start_deadline(std::int64_t at_ms) {
  if (!deadline_) deadline_ = std::make_unique<Timer>([this] { refuse_late(); });
  deadline_->start(context_->timers, at_ms);
}

void Connection::joined() {
  deadline_.reset();
  set_joined(true);
}

void Connection::abandoned() {
  if (closing()) return;
  set_joined(false);
  start_deadline(context_->clock.monotonic_ms() + options().auth_timeout_ms);
}

void Connection::send_text(std::string_view payload) {
  send(net::make_frame(net::Opcode::kText, payload));
}

void Connection::start_timer(Timer& timer, std::int64_t delay_ms) {
  timer.start(context_->timers, context_->clock.monotonic_ms() + delay_ms);
}

}  // namespace securechat::connection
