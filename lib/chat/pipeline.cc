#include "chat/pipeline.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <utility>

#include "base/text.h"
#include "chat/events.h"
#include "chat/history.h"
#include "chat/message_json.h"
#include "chat/namespace.h"
#include "chat/recovery.h"
#include "chat/session.h"

namespace securechat::chat {
namespace {

// What a message takes as JSON besides its text, mostly.
constexpr std::size_t kAroundBody = 384;

// What a client asked to be said, once its form is right.
struct Request {
  std::string room;
  std::string body;
  std::string client_id;
};

std::optional<Request> read_request(const EventCall& call, const ChatOptions& options) {
  std::optional<std::string> body = read_body(call.data["message"], options);
  if (!body) return std::nullopt;
  Request request;
  request.body = std::move(*body);
  request.room = options.default_room;
  if (const JsonField room = call.data["room"]; room.exists()) {
    request.room = room_name(room);
    if (request.room.empty()) return std::nullopt;
  }
  if (const JsonField client_id = call.data["clientId"]; client_id.exists()) {
    std::optional<std::string> value = client_id.as_string();
    if (!value || value->empty() || code_point_count(*value) > 64) return std::nullopt;
    request.client_id = std::move(*value);
  }
  return request;
}

void finish(Namespace& nsp, Reply& reply, const History::Appended& appended) {
  if (!appended.status.ok()) {
    // The message was not stored, and may be sent again.
    reply.fail(event_fault_of(appended.status.code()));
    return;
  }
  const storage::Message& message = appended.message;
  if (!appended.duplicate) {
    nsp.environment().counters.messages_sent.add();
    deliver(nsp.environment(), &nsp, message);
  }
  reply.ok([&message](JsonWriter& json) {
    json.key("id")
        .string(message.id)
        .key("seq")
        .integer(message.seq)
        .key("timestamp")
        .string(Iso8601(message.created_at_ms).text());
  });
}

// The time, then 80 random bits, 32 hex digits in all: ids that grow lie side by side in the
// database's index, so that a commit of many messages writes few of its pages.
Result<std::string> new_id(Environment& environment, std::int64_t now_ms) {
  std::array<char, 6> time = {};
  for (std::size_t i = 0; i < time.size(); ++i) {
    time[i] = static_cast<char>(now_ms >> (8 * (time.size() - 1 - i)) & 0xFF);
  }
  Result<std::string> random = environment.ids.hex(10);
  if (!random.ok()) return random;
  return hex_encode({time.data(), time.size()}) + *random;
}

}  // namespace

std::optional<std::string> read_body(const JsonField& text, const ChatOptions& options) {
  const std::optional<std::string> given = text.as_string();
  if (!given) return std::nullopt;
  std::string body = strip_controls(*given);
  if (const std::string_view trimmed = trim(body); trimmed.size() < body.size()) {
    body = std::string(trimmed);
  }
  if (body.empty() || !html_escaped_fits(body, static_cast<std::size_t>(options.message_length))) {
    return std::nullopt;
  }
  return body;
}

bool within_message_rate(const EventCall& call) {
  Environment& environment = call.nsp.environment();
  const std::string_view user_id = call.session.principal().user_id();
  return environment.message_rate.attempt(user_id, environment.clock.monotonic_ms()).allowed;
}

bool allowed_by_host(Namespace& nsp, const Session& session, std::string_view event,
                     std::string_view args, Reply& reply, storage::Message& message) {
  Hooks& hooks = nsp.environment().hooks;
  if (!hooks.message) return true;
  MessageDraft draft;
  draft.session = session.id();
  draft.nsp = nsp.name();
  draft.event = event;
  draft.room = message.room;
  draft.args = args;
  draft.id = message.id;
  draft.body = std::move(message.body);
  draft.timestamp = iso8601(message.created_at_ms);
  const auth::Principal sender = session.principal().restore();
  draft.sender = &sender;
  const auth::Verdict verdict = hooks.message(draft);
  if (verdict == auth::Verdict::kDeny || draft.denied) {
    reply.fail(EventFault::kForbidden, draft.public_reason);
    return false;
  }
  message.body = std::move(draft.body);
  return true;
}

std::string_view message_event(const storage::Message& message) {
  if (message.change_seq == 0) return "receive-message";
  return message.deleted ? "message-deleted" : "message-edited";
}

std::string message_args(const Environment& environment, const storage::Message& message) {
  std::string args;
  args.reserve(message.body.size() + kAroundBody);
  JsonWriter json(args);
  json.begin_array();
  if (message.deleted) {
    append_deletion(json, message);
  } else {
    append_message(json, message);
  }
  // The last argument of an event, when it is a text, is its offset to Socket.IO clients. The plain
  // protocol carries the first argument only.
  if (environment.options.recovery) json.string(std::to_string(message.place()));
  json.end_array();
  return args;
}

void deliver(Environment& environment, Namespace* nsp, const storage::Message& message) {
  environment.position = std::max(environment.position, message.place());
  if (nsp == nullptr) return;
  tell_recoveries(environment, message);
  Room* room = nsp->adapter().find(message.room);
  if (room == nullptr) return;
  room->saw_seq(message.seq);
  const std::string args = message_args(environment, message);
  environment.counters.deliveries.add(
      room->broadcast({.nsp = nsp->name(), .event = message_event(message), .args = args}));
}

void send_message(EventCall& call) {
  call.reply.audit_as(audit::Name::kMessageRefused);
  Environment& environment = call.nsp.environment();
  environment.counters.messages_received.add();
  const auth::KeptPrincipal& sender = call.session.principal();
  if (!within_message_rate(call)) {
    call.reply.fail(EventFault::kRateLimited);
    return;
  }
  std::optional<Request> request = read_request(call, environment.options);
  if (!request) {
    call.reply.fail(EventFault::kInvalidMessage);
    return;
  }
  const Room* room = call.nsp.adapter().find(request->room);
  if (room == nullptr || !room->contains(call.session)) {
    call.reply.fail(EventFault::kNotInRoom);
    return;
  }
  const std::int64_t now_ms = environment.clock.unix_ms();
  Result<std::string> id = new_id(environment, now_ms);
  if (!id.ok()) {
    environment.log.limited(LogLevel::kError, {}, "a message was refused",
                            {{"reason", id.message()}});
    call.reply.fail(EventFault::kInternal);
    return;
  }
  storage::Message message;
  message.id = std::move(*id);
  message.nsp = call.nsp.name();
  message.room = std::move(request->room);
  message.user_id = sender.user_id();
  message.username = sender.username();
  message.body = std::move(request->body);
  message.client_id = std::move(request->client_id);
  message.created_at_ms = now_ms;
  if (!allowed_by_host(call.nsp, call.session, call.event, call.args, call.reply, message)) return;
  environment.history.append(
      std::move(message),
      [nsp = call.nsp.shared_from_this(), reply = std::move(call.reply)](
          History::Appended appended) mutable { finish(*nsp, reply, appended); });
}

}  // namespace securechat::chat
