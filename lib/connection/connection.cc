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

Connection::Connection(Wire wire, const SharedValue<ConnectionOptions>& options,
                       std::int64_t accepted_at_ms, std::unique_ptr<ConnectionHandler> handler,
                       TimerQueue& timers, const Clock& clock)
    : wire_(wire),
      options_(options),
      accepted_at_ms_(accepted_at_ms),
      handler_(std::move(handler)),
      timers_(timers),
      clock_(clock) {}

void Connection::opened() {
  start_deadline(accepted_at_ms_ + options_->auth_timeout_ms);
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
  deadline_->start(timers_, at_ms);
}

void Connection::joined() {
  deadline_.reset();
  set_joined(true);
}

void Connection::abandoned() {
  if (closing()) return;
  set_joined(false);
  start_deadline(clock_.monotonic_ms() + options_->auth_timeout_ms);
}

void Connection::send_text(std::string_view payload) {
  send(net::make_frame(net::Opcode::kText, payload));
}

void Connection::start_timer(Timer& timer, std::int64_t delay_ms) {
  timer.start(timers_, clock_.monotonic_ms() + delay_ms);
}

}  // namespace securechat::connection
