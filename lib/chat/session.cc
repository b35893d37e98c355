#include "chat/session.h"

#include <algorithm>
#include <utility>

#include "base/json.h"
#include "base/text.h"
#include "chat/namespace.h"
#include "chat/session_table.h"

namespace securechat::chat {
namespace {

constexpr std::int64_t kExpiryNoticeMs = 60'000;

}  // namespace

Session::Session(SessionId id, std::string sid, Namespace& nsp, auth::Principal principal,
                 connection::Connection& connection, Environment& environment)
    : id_(id),
      sid_(std::move(sid)),
      nsp_(nsp),
      principal_(std::move(principal)),
      connection_(connection),
      environment_(environment),
      expiring_([this] { announce_expiry(); }),
      expiry_([this] { expire(); }) {
  environment_.sessions.add(*this);
  nsp_.add(*this);
}

Session::~Session() {
  nsp_.remove(*this);
  environment_.sessions.remove(*this);
}

void Session::send_event(std::string_view event, std::string_view args) {
  connection_.send_event({.nsp = nsp_.name(), .event = event, .args = args});
}

void Session::send_ack(std::string_view ack, std::string_view args) {
  if (!ack.empty()) connection_.send_ack(nsp_.name(), ack, args, {});
}

void Session::send_error(std::string_view message, std::string_view code) {
  connection_.send_error(nsp_.name(), message, code);
}

void Session::watch_expiry() {
  expiring_.cancel();
  expiry_.cancel();
  if (principal_.expires_at_s == 0) return;
  const std::int64_t left_ms = principal_.expires_at_s * 1000 - environment_.clock.unix_ms();
  const std::int64_t now_ms = environment_.clock.monotonic_ms();
  expiry_.start(environment_.timers, now_ms + std::max<std::int64_t>(left_ms, 0));
  if (left_ms > kExpiryNoticeMs) {
    expiring_.start(environment_.timers, now_ms + left_ms - kExpiryNoticeMs);
  } else {
    announce_expiry();
  }
}

void Session::announce_expiry() {
  std::string args;
  JsonWriter(args)
      .begin_array()
      .begin_object()
      .key("expiresAt")
      .string(iso8601(principal_.expires_at_s * 1000))
      .end_object()
      .end_array();
  send_event("auth-expiring", args);
}

void Session::expire() {
  constexpr connection::Refusal kExpired{"TOKEN_EXPIRED", "TOKEN_EXPIRED",
                                         protocol::CloseCode::kUnauthenticated};
  send_error(kExpired.message, kExpired.code);
  disconnect(kExpired);
}

void Session::renew(auth::Principal principal) {
  environment_.sessions.change_login(*this, principal.sid);
  principal_ = std::move(principal);
  watch_expiry();
}

void Session::disconnect(const connection::Refusal& why) {
  connection_.send_disconnect(nsp_.name(), why);
  connection_.close(why.close, why.message);
}

void Session::end_work() {
  --work_;
  if (work_ == 0 && close_when_idle_) connection_.close(idle_close_, "server shutting down");
}

void Session::close_when_idle(protocol::CloseCode code, std::string_view reason) {
  if (idle()) {
    connection_.close(code, reason);
    return;
  }
  close_when_idle_ = true;
  idle_close_ = code;
}

}  // namespace securechat::chat
