#include "securechat/message.h"

#include <atomic>
#include <deque>
#include <memory>
#include <new>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/text.h"
#include "capi/arguments.h"
#include "capi/boundary.h"
#include "chat/late_ack.h"
#include "chat/types.h"

using namespace securechat;
using namespace securechat::capi;

namespace {

// What a referenced message keeps of the one it was: texts of its own, and views of them.
struct KeptMessage {
  explicit KeptMessage(const chat::MessageDraft& from)
      : nsp(from.nsp),
        event(from.event),
        room(from.room),
        args(from.args),
        attachments(from.attachments.begin(), from.attachments.end()),
        draft(from) {
    if (from.sender != nullptr) sender = *from.sender;
    draft.nsp = nsp;
    draft.event = event;
    draft.room = room;
    draft.args = args;
    draft.attachments = attachments;
    draft.sender = from.sender == nullptr ? nullptr : &sender;
  }
  std::string nsp, event, room, args;
  std::vector<std::string> attachments;
  auth::Principal sender;
  chat::MessageDraft draft;
};

}  // namespace

// During a call of a hook it stands on the stack and refers to the draft; a reference makes one
// that lives on its own.
struct securechat_message {
  explicit securechat_message(chat::MessageDraft& live) : draft(live) {}
  explicit securechat_message(std::unique_ptr<KeptMessage> copy)
      : kept(std::move(copy)), draft(kept->draft), references(1) {}

  const char* lend_copy(std::string_view text, std::size_t* len) const {
    return lend(lent.emplace_back(text), len);
  }

  std::unique_ptr<KeptMessage> kept;  // Null during a call.
  chat::MessageDraft& draft;
  std::atomic<std::size_t> references = 0;
  // Views of the draft as texts that end with NUL. A deque never moves them.
  mutable std::deque<std::string> lent;
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

// Runs a hook of the host for a message or an event.
server::MessageHook message_hook(securechat_server* server, std::string_view what,
                                 securechat_message_fn hook, HostData data) {
  return [=, data = std::move(data)](chat::MessageDraft& draft) {
    securechat_message handle(draft);
    securechat_verdict verdict = SECURECHAT_VERDICT_DENY;
    const bool returned =
        call_host(server->impl->log(), what, [&] { verdict = hook(server, &handle, data.get()); });
    const bool passes = returned && !draft.denied &&
                        (verdict == SECURECHAT_VERDICT_NEXT || verdict == SECURECHAT_VERDICT_ALLOW);
    draft.denied = !passes;
    return passes ? auth::Verdict::kAllow : auth::Verdict::kDeny;
  };
}

// As much as a peer may send at most (limits.payload, by default): a text that a host makes of it
// has no reason to be longer, and the database would not take it.
constexpr std::size_t kMaxBodyBytes = 1'000'000;

// What may be changed only while the hook runs.
Status check_live(const securechat_message* message) {
  if (message == nullptr) return {Code::kInvalid, "the message is NULL"};
  if (!message->kept) return {};
  return {Code::kState, "the message has been decided: this call belongs into the callback"};
}

}  // namespace

securechat_status securechat_server_on_message(securechat_server* server,
                                               securechat_message_fn hook, void* user_data,
                                               securechat_destroy_fn destroy) {
  HostData data(user_data, destroy);
  return guard([=, &data] {
    if (Status s = check(server); !s.ok()) return s;
    if (hook == nullptr) return Status(Code::kInvalid, "the hook is NULL");
    return server->impl->on_message(message_hook(server, "message", hook, std::move(data)));
  });
}

securechat_status securechat_server_on_event(securechat_server* server, const char* nsp,
                                             const char* event, securechat_message_fn hook,
                                             void* user_data, securechat_destroy_fn destroy) {
  HostData data(user_data, destroy);
  return guard([=, &data] {
    if (Status s = check(server); !s.ok()) return s;
    if (nsp != nullptr) {
      if (Status s = check_text(nsp, "the namespace"); !s.ok()) return s;
    }
    if (Status s = check_event_name(event); !s.ok()) return s;
    if (hook == nullptr) return Status(Code::kInvalid, "the handler is NULL");
    return server->impl->on_event(nsp == nullptr ? "/" : nsp, event,
                                  message_hook(server, "event", hook, std::move(data)));
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

securechat_status securechat_message_attachment(const securechat_message* message, size_t i,
                                                const void** data, size_t* len) {
  return guard([=] {
    if (data == nullptr) return Status(Code::kInvalid, "the result pointer is NULL");
    *data = nullptr;
    if (len != nullptr) *len = 0;
    if (message == nullptr) return Status(Code::kInvalid, "the message is NULL");
    const auto attachments = message->draft.attachments;
    if (i >= attachments.size()) {
      return Status(Code::kNotFound,
                    "the message has " + std::to_string(attachments.size()) + " attachments");
    }
    *data = attachments[i].data();
    if (len != nullptr) *len = attachments[i].size();
    return Status();
  });
}

securechat_status securechat_message_set_body(securechat_message* message, const char* body,
                                              size_t len) {
  return guard([=] {
    if (Status s = check_live(message); !s.ok()) return s;
    std::string_view text;
    if (Status s = take_text(body, len, "the body", text); !s.ok()) return s;
    if (text.size() > kMaxBodyBytes) {
      return Status(Code::kInvalid, "the body has " + std::to_string(text.size()) +
                                        " bytes; it may have 1000000 at most");
    }
    // `body` may be the text that is replaced.
    std::string replacement(text);
    message->draft.body.swap(replacement);
    return Status();
  });
}

securechat_status securechat_message_deny(securechat_message* message, const char* public_reason) {
  return guard([=] {
    if (Status s = check_live(message); !s.ok()) return s;
    if (!is_utf8(or_empty(public_reason))) {
      return Status(Code::kInvalid, "the public reason is not UTF-8 text");
    }
    message->draft.public_reason = strip_controls(or_empty(public_reason));
    message->draft.denied = true;
    return Status();
  });
}

securechat_status securechat_message_ack(securechat_message* message, const char* json_args,
                                         size_t len) {
  return securechat_message_ack_binary(message, json_args, len, nullptr, 0);
}

securechat_status securechat_message_ack_binary(securechat_message* message, const char* json_args,
                                                size_t len, const securechat_blob* attachments,
                                                size_t count) {
  return guard([=] {
    if (message == nullptr) return Status(Code::kInvalid, "the message is NULL");
    Arguments arguments;
    if (Status s = read_arguments(json_args, len, attachments, count, arguments); !s.ok()) return s;
    if (!message->draft.ack) {
      return Status(Code::kState, "no acknowledgement was asked for");
    }
    switch (message->draft.ack->give(std::move(arguments.json), std::move(arguments.attachments))) {
      case chat::LateAck::Given::kOnItsWay:
        return Status();
      case chat::LateAck::Given::kAlready:
        return Status(Code::kState, "the acknowledgement was given already");
      case chat::LateAck::Given::kSessionGone:
        return Status(Code::kNotFound, "the session has ended");
    }
    return Status();
  });
}

securechat_message* securechat_message_ref(securechat_message* message) {
  securechat_message* referenced = nullptr;
  guard([&] {
    if (message == nullptr) return Status(Code::kInvalid, "the message is NULL");
    if (message->kept) {
      ++message->references;
      referenced = message;
    } else {
      auto kept = std::make_unique<KeptMessage>(message->draft);
      referenced = std::make_unique<securechat_message>(std::move(kept)).release();
    }
    return Status();
  });
  return referenced;
}

void securechat_message_unref(securechat_message* message) {
  guard([=] {
    // One that lives on the stack of a hook has no reference to give up.
    if (message == nullptr || !message->kept) return Status();
    if (--message->references == 0) std::unique_ptr<securechat_message>(message).reset();
    return Status();
  });
}
