#include "chat/event_call.h"

#include <array>
#include <utility>

#include "chat/session.h"
#include "chat/session_table.h"

namespace securechat::chat {
namespace {

struct FaultText {
  std::string_view message;
  std::string_view code;
};

constexpr std::array<FaultText, 7> kFaultTexts{{
    {"Invalid message", "INVALID_MESSAGE"},
    {"Rate limit exceeded", "RATE_LIMITED"},
    {"Not in room", "NOT_IN_ROOM"},
    {"Forbidden", "FORBIDDEN"},
    {"Unknown event", "UNKNOWN_EVENT"},
    {"Server busy", "BUSY"},
    {"Internal error", "INTERNAL"},
}};

const FaultText& text_of(EventFault fault) {
  return kFaultTexts.at(static_cast<std::size_t>(fault));
}

}  // namespace

EventFault event_fault_of(Code code) {
  return code == Code::kAgain || code == Code::kDatabase ? EventFault::kBusy
                                                         : EventFault::kInternal;
}
std::string_view event_fault_message(EventFault fault) {
  return text_of(fault).message;
}
std::string_view event_fault_code(EventFault fault) {
  return text_of(fault).code;
}

Reply::Reply(Session& session, std::string ack, Environment& environment)
    : session_(session.id()), ack_(std::move(ack)), environment_(&environment) {
  session.begin_work();
}

Reply::Reply(Reply&& other) noexcept
    : session_(std::exchange(other.session_, 0)),
      audited_(other.audited_),
      ack_(std::move(other.ack_)),
      environment_(other.environment_) {}

Reply::~Reply() {
  Session* session = this->session();
  if (session != nullptr) session->end_work();
}

Session* Reply::session() const {
  return session_ == 0 ? nullptr : environment_->sessions.find(session_);
}

void Reply::answer(std::string_view args) {
  Session* session = this->session();
  if (session != nullptr) session->send_ack(ack_, args);
}

void Reply::record(const Session& session, std::string_view code) const {
  if (code == event_fault_code(EventFault::kRateLimited)) {
    const bool message = audited_ == audit::Name::kMessageRefused;
    environment_->counters.rate_limited.add(message ? "messages" : "requests");
    session.record_refusal(audit::Name::kRateLimited, message ? "messages" : "requests");
  } else if (audited_) {
    session.record_refusal(*audited_, code);
  }
}

void Reply::fail(EventFault fault, std::string_view public_reason) {
  if (ack_.empty() && fault == EventFault::kUnknownEvent) return;
  fail(public_reason.empty() ? event_fault_message(fault) : public_reason, event_fault_code(fault));
}

void Reply::fail(std::string_view message, std::string_view code) {
  Session* session = this->session();
  if (session == nullptr) return;
  environment_->counters.event_refusals.add(code);
  record(*session, code);
  if (ack_.empty()) {
    session->send_error(message, code);
    return;
  }
  std::string args;
  JsonWriter(args)
      .begin_array()
      .begin_object()
      .key("ok")
      .boolean(false)
      .key("error")
      .string(message)
      .key("code")
      .string(code)
      .end_object()
      .end_array();
  session->send_ack(ack_, args);
}

}  // namespace securechat::chat
