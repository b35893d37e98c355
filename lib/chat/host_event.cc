#include "chat/host_event.h"

#include <memory>
#include <utility>

#include "base/text.h"
#include "chat/late_ack.h"
#include "chat/namespace.h"
#include "chat/session.h"
#include "chat/session_table.h"

namespace securechat::chat {

void host_event(EventCall& call) {
  Environment& environment = call.nsp.environment();
  const auto handler =
      environment.hooks.events.find(std::pair(call.nsp.declared_as(), std::string(call.event)));
  if (handler == environment.hooks.events.end()) {
    call.reply.fail(EventFault::kUnknownEvent);
    return;
  }
  Result<std::string> id = environment.ids.hex(16);
  if (!id.ok()) {
    environment.log.limited(LogLevel::kError, {}, "an event was refused",
                            {{"reason", id.message()}});
    call.reply.fail(EventFault::kInternal);
    return;
  }
  MessageDraft draft;
  draft.session = call.session.id();
  draft.nsp = call.nsp.name();
  draft.event = call.event;
  draft.args = call.args;
  draft.attachments = call.attachments;
  draft.id = std::move(*id);
  draft.timestamp = iso8601(environment.clock.unix_ms());
  const auth::Principal sender = call.session.principal().restore();
  draft.sender = &sender;
  if (!call.ack.empty()) {
    draft.ack =
        std::make_shared<LateAck>(call.session, call.ack, environment, environment.sessions.live());
  }
  const auth::Verdict verdict = handler->second(draft);
  if (verdict != auth::Verdict::kDeny && !draft.denied) return;
  if (draft.ack && !draft.ack->withdraw()) return;  // It was acknowledged before it was denied.
  call.reply.fail(EventFault::kForbidden, draft.public_reason);
}

}  // namespace securechat::chat
