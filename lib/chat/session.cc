#include "chat/session.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "base/json.h"
#include "base/text.h"
#include "chat/namespace.h"
#include "chat/session_table.h"

namespace securechat::chat {
namespace {

constexpr std::int64_t kExpiryNoticeMs = 60'000;

}  // namespace

Session::Session(SessionId id, std::string_view sid, std::shared_ptr<Namespace> nsp,
                 const auth::Principal& principal, connection::Connection& connection,
                 SessionOwner& owner)
    : id_(id),
      nsp_(std::move(nsp)),
      principal_(environment().sessions.people(), principal),
      names_({sid}),
      connection_(connection),
      owner_(owner),
      expiry_([this] { on_expiry_timer(); }) {
  environment().sessions.add(*this);
  nsp_->add(*this);
}

Environment& Session::environment() const {
  return nsp_->environment();
}

Session::~Session() {
  depart();
  while (pending_acks_) finish_ack(pending_acks_->begin()->first, {Code::kNotFound});
}

// ---------------------------------------------------------------- sending

void Session::send(const protocol::OutgoingEvent& event) {
  if (!ended_) connection_.send_event(event);
}

void Session::send_event(std::string_view event, std::string_view args) {
  send({.nsp = nsp_->name(), .event = event, .args = args});
}

void Session::send_ack(std::string_view ack, std::string_view args,
                       std::span<const std::string> attachments) {
  if (ack.empty() || ended_) return;
  const std::vector<std::string_view> bytes(attachments.begin(), attachments.end());
  connection_.send_ack(nsp_->name(), ack, args, bytes);
}

void Session::send_error(std::string_view message, std::string_view code) {
  if (!ended_) connection_.send_error(nsp_->name(), message, code);
}

void Session::watch_expiry() {
  expiry_.cancel();
  if (principal_.expires_at_s() == 0) return;
  const std::int64_t left_ms = principal_.expires_at_s() * 1000 - environment().clock.unix_ms();
  const std::int64_t now_ms = environment().clock.monotonic_ms();
  notice_due_ = left_ms > kExpiryNoticeMs;
  if (notice_due_) {
    expiry_.start(environment().timers, now_ms + left_ms - kExpiryNoticeMs);
  } else {
    expiry_.start(environment().timers, now_ms + std::max<std::int64_t>(left_ms, 0));
    announce_expiry();
  }
}

void Session::on_expiry_timer() {
  if (std::exchange(notice_due_, false)) {
    announce_expiry();
    const std::int64_t end_ms = expiry_.at_ms() + kExpiryNoticeMs;
    if (environment().clock.monotonic_ms() < end_ms) {
      expiry_.start(environment().timers, end_ms);
      return;
    }
  }
  expire();
}

void Session::announce_expiry() {
  std::string args;
  JsonWriter(args)
      .begin_array()
      .begin_object()
      .key("expiresAt")
      .string(iso8601(principal_.expires_at_s() * 1000))
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

void Session::renew(const auth::Principal& principal) {
  if (ended_) return;
  environment().sessions.forget_names(*this);
  principal_ = auth::KeptPrincipal(environment().sessions.people(), principal);
  environment().sessions.add_names(*this);
  watch_expiry();
}

void Session::disconnect(const connection::Refusal& why) {
  if (ended_) return;
  give_up_recovery();
  connection_.send_disconnect(nsp_->name(), why);
  if (owner_.is_last(*this)) {
    connection_.close(why.close, why.message);
    return;
  }
  if (disconnect_reason().empty()) set_disconnect_reason("server namespace disconnect");
  depart();
  owner_.session_ended(*this);
}

// From here on nobody finds the session: what comes home for it later must not bring it back into a
// room that it would be destroyed in.
void Session::depart() {
  if (std::exchange(ended_, true)) return;
  nsp_->remove(*this);
  environment().sessions.remove(*this);
}

// ---------------------------------------------------------------- recovery

void Session::make_recoverable(std::string_view pid, std::int64_t position) {
  if (pid.empty()) return;
  names_ = PackedTexts({sid(), pid});
  recovery_ = std::make_unique<Recovery>(Recovery{position, {}});
}

void Session::take_up(LostSession lost) {
  make_recoverable(lost.pid, lost.position);
  if (recovery_) recovery_->places = std::move(lost.rooms);
}

LostSession Session::lost() const {
  LostSession lost;
  lost.pid = pid();
  lost.sid = sid();
  lost.user_id = principal_.user_id();
  lost.login = principal_.sid();
  lost.nsp = nsp_->name();
  if (recovery_) {
    lost.rooms = recovery_->places;
    lost.position = recovery_->position;
  }
  lost.ended_at_ms = environment().clock.unix_ms();
  return lost;
}

void Session::entered(std::string_view room, std::int64_t since, bool announced) {
  if (!recovery_) return;
  std::vector<LostSession::Room>& places = recovery_->places;
  const auto known = std::ranges::find(places, room, &LostSession::Room::name);
  if (known == places.end()) {
    places.push_back({std::string(room), since, announced});
  } else {
    known->announced = known->announced || announced;
  }
}

void Session::left(std::string_view room) {
  if (!recovery_) return;
  std::erase_if(recovery_->places,
                [room](const LostSession::Room& place) { return place.name == room; });
}

// ---------------------------------------------------------------- acknowledgements

void Session::ask(const Emission& question, std::int64_t timeout_ms, AckDone done) {
  if (ended_ || (pending_acks_ && pending_acks_->size() >= kPendingAcks)) {
    done({ended_ ? Code::kNotFound : Code::kAgain});
    return;
  }
  if (!question.attachments.empty() && connection_.wire() == connection::Wire::kPlain) {
    done({Code::kUnsupported});
    return;
  }
  const std::uint64_t id = ++last_ack_;
  auto timeout = std::make_unique<Timer>([this, id] { finish_ack(id, {Code::kAgain}); });
  timeout->start(environment().timers, environment().clock.monotonic_ms() + timeout_ms);
  if (!pending_acks_) pending_acks_ = std::make_unique<PendingAcks>();
  pending_acks_->emplace(id, PendingAck{std::move(done), std::move(timeout)});
  const std::string text = std::to_string(id);
  const std::vector<std::string_view> bytes(question.attachments.begin(),
                                            question.attachments.end());
  send({.nsp = nsp_->name(),
        .event = question.event,
        .args = question.args,
        .ack = text,
        .attachments = bytes});
}

void Session::on_ack(const protocol::Packet& packet) {
  const std::string& id = packet.ack;
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(id.data(), id.data() + id.size(), number);
  if (error != std::errc() || end != id.data() + id.size()) return;
  finish_ack(number, {Code::kOk, packet.data, packet.attachments});
}

void Session::finish_ack(std::uint64_t id, const AckAnswer& answer) {
  if (!pending_acks_) return;
  const auto found = pending_acks_->find(id);
  if (found == pending_acks_->end()) return;
  PendingAck pending = std::move(found->second);
  pending_acks_->erase(found);
  if (pending_acks_->empty()) pending_acks_.reset();
  pending.done(answer);
}

// ---------------------------------------------------------------- draining

void Session::end_work() {
  if (--work_ == 0) owner_.session_idle();
}

}  // namespace securechat::chat
