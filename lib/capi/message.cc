#include "securechat/message.h"

#include <deque>
#include <string>
#include <string_view>
#include <utility>

#include "base/text.h"
#include "capi/boundary.h"
#include "chat/types.h"

using namespace securechat;
using namespace securechat::capi;

// Lives for one call of the hook.
struct securechat_message {
  chat::MessageDraft& draft;
  // Views of the draft as texts that end with NUL. A deque never moves them.
  mutable std::deque<std::string> lent = {};

  const char* lend_copy(std::string_view text, std::size_t* len) const {
    return lend(lent.emplace_back(text), len);
  }
};

namespace {

const char* sender_field(const securechat_message& message, const std::string auth::Principal::*at,
                         std::size_t* len) {
  if (message.draft.sender == nullptr) return message.lend_copy({}, len);
  return lend(message.draft.sender->*at, len);
}

const char* field_of(const securechat_message& message, std::string_view field, std::size_t* len) {
  const chat::MessageDraft& draft = message.draft;
  if (field == "id") return lend(draft.id, len);
  if (field == "body") return lend(draft.body, len);
  if (field == "timestamp") return lend(draft.timestamp, len);
  if (field == "namespace") return message.lend_copy(draft.nsp, len);
  if (field == "event") return message.lend_copy(draft.event, len);
  if (field == "room") return message.lend_copy(draft.room, len);
  if (field == "args") return message.lend_copy(draft.args, len);
  if (field == "user_id") return sender_field(message, &auth::Principal::user_id, len);
  if (field == "username") return sender_field(message, &auth::Principal::username, len);
  if (field == "role") return sender_field(message, &auth::Principal::role, len);
  return nullptr;
}

}  // namespace

securechat_status securechat_server_on_message(securechat_server* server,
                                               securechat_message_fn hook, void* user_data,
                                               securechat_destroy_fn destroy) {
  HostData data(user_data, destroy);
  return guard([=, &data] {
    if (Status s = check(server); !s.ok()) return s;
    if (hook == nullptr) return Status(Code::kInvalid, "the hook is NULL");
    return server->impl->on_message([=, data = std::move(data)](chat::MessageDraft& draft) {
      securechat_message handle{draft};
      securechat_verdict verdict = SECURECHAT_VERDICT_DENY;
      const bool returned = call_host(server->impl->log(), "message",
                                      [&] { verdict = hook(server, &handle, data.get()); });
      const bool passes =
          returned && !draft.denied &&
          (verdict == SECURECHAT_VERDICT_NEXT || verdict == SECURECHAT_VERDICT_ALLOW);
      draft.denied = !passes;
      return passes ? auth::Verdict::kAllow : auth::Verdict::kDeny;
    });
  });
}

securechat_session securechat_message_session(const securechat_message* message) {
  return message == nullptr ? 0 : message->draft.session;
}

const char* securechat_message_get(const securechat_message* message, const char* field,
                                   size_t* len) {
  const char* value = lend_nothing(len);
  guard([&] {
    if (message == nullptr || field == nullptr) {
      return Status(Code::kInvalid, "the message or the field's name is NULL");
    }
    value = field_of(*message, field, len);
    if (value == nullptr) return Status(Code::kNotFound, "a message has no field of that name");
    return Status();
  });
  return value;
}

securechat_status securechat_message_set_body(securechat_message* message, const char* body,
                                              size_t len) {
  return guard([=] {
    if (message == nullptr) return Status(Code::kInvalid, "the message is NULL");
    std::string_view text;
    if (Status s = take_text(body, len, "the body", text); !s.ok()) return s;
    // `body` may be the text that is replaced.
    std::string replacement(text);
    message->draft.body.swap(replacement);
    return Status();
  });
}

securechat_status securechat_message_deny(securechat_message* message, const char* public_reason) {
  return guard([=] {
    if (message == nullptr) return Status(Code::kInvalid, "the message is NULL");
    if (!is_utf8(or_empty(public_reason))) {
      return Status(Code::kInvalid, "the public reason is not UTF-8 text");
    }
    message->draft.public_reason = strip_controls(or_empty(public_reason));
    message->draft.denied = true;
    return Status();
  });
}
