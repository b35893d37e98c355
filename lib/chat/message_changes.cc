#include "chat/message_changes.h"

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "base/text.h"
#include "chat/history.h"
#include "chat/namespace.h"
#include "chat/pipeline.h"
#include "chat/session.h"

namespace securechat::chat {
namespace {

using storage::Message;

constexpr std::size_t kIdDigits = 32;

// The id of a message that a client names; empty when it is none.
std::string message_id(const JsonField& value) {
  std::optional<std::string> id = value.as_string();
  if (!id || id->size() != kIdDigits) return {};
  return std::move(*id);
}

EventFault fault_of(Code code) {
  const bool refused = code == Code::kNotFound || code == Code::kDenied;
  return refused ? EventFault::kForbidden : event_fault_of(code);
}

// The sender, when he is still there and in the room of what he asked for; otherwise he is told.
Session* sender_in_room(Namespace& nsp, Reply& reply, std::string_view name) {
  Session* session = reply.session();
  if (session == nullptr) return nullptr;
  const Room* room = nsp.adapter().find(name);
  if (room == nullptr || !room->contains(*session)) {
    reply.fail(EventFault::kForbidden);
    return nullptr;
  }
  return session;
}

Change change_of(const EventCall& call, std::string id) {
  Environment& environment = call.nsp.environment();
  const auth::KeptPrincipal& principal = call.session.principal();
  Change change;
  change.nsp = call.nsp.name();
  change.id = std::move(id);
  change.user_id = principal.user_id();
  change.moderator = storage::role_moderates(principal.role());
  change.unowned_room = environment.options.default_room;
  change.now_ms = environment.clock.unix_ms();
  return change;
}

void finish(Namespace& nsp, Reply& reply, const History::Appended& changed) {
  if (!changed.status.ok()) {
    reply.fail(fault_of(changed.status.code()));
    return;
  }
  const Message& message = changed.message;
  const Session* const session = reply.session();
  if (session != nullptr && session->principal().user_id() != message.user_id) {
    session->record_moderation(message.deleted ? "deleted" : "edited");
  }
  deliver(nsp.environment(), &nsp, message);
  reply.ok([&message](JsonWriter& json) {
    json.key("id").string(message.id).key("room").string(message.room);
    json.key("seq").integer(message.seq);
    if (!message.deleted) {
      json.key("editedAt").string(Iso8601(message.edited_at_ms).text());
    }
  });
}

void apply(Namespace& nsp, Reply reply, Change change) {
  nsp.environment().history.change(
      std::move(change), [nsp = nsp.shared_from_this(), reply = std::move(reply)](
                             History::Appended changed) mutable { finish(*nsp, reply, changed); });
}

// Runs `then` with the message that the sender named, if he may change it now.
void find(EventCall& call, Change of, UniqueFunction<void(Reply, Session&, Change, Message)> then) {
  Change copy = of;
  call.nsp.environment().history.find(
      std::move(copy),
      [nsp = call.nsp.shared_from_this(), of = std::move(of), reply = std::move(call.reply),
       then = std::move(then)](Result<Message> found) mutable {
        if (!found.ok()) {
          reply.fail(fault_of(found.code()));
          return;
        }
        Session* session = sender_in_room(*nsp, reply, found->room);
        if (session != nullptr) {
          then(std::move(reply), *session, std::move(of), std::move(*found));
        }
      });
}

}  // namespace

// Counted as a message, because it is one more text that everybody gets.
void edit_message(EventCall& call) {
  call.reply.audit_as(audit::Name::kMessageRefused);
  if (!within_message_rate(call)) {
    call.reply.fail(EventFault::kRateLimited);
    return;
  }
  std::string id = message_id(call.data["id"]);
  std::optional<std::string> body = read_body(call.data["message"], call.nsp.environment().options);
  if (id.empty() || !body) {
    call.reply.fail(EventFault::kInvalidMessage);
    return;
  }
  Change change = change_of(call, std::move(id));
  change.body = std::move(*body);
  // The arguments are the host's to look at, and borrowed for this call only.
  find(call, std::move(change),
       [args = std::string(call.args)](Reply reply, Session& session, Change of, Message message) {
         Namespace& nsp = session.nsp();
         message.body = std::move(of.body);
         message.created_at_ms = of.now_ms;
         if (!allowed_by_host(nsp, session, "edit-message", args, reply, message)) return;
         of.body = std::move(message.body);
         apply(nsp, std::move(reply), std::move(of));
       });
}

void delete_message(EventCall& call) {
  call.reply.audit_as(audit::Name::kMessageRefused);
  std::string id = message_id(call.data["id"]);
  if (id.empty()) {
    call.reply.fail(EventFault::kInvalidMessage);
    return;
  }
  Change change = change_of(call, std::move(id));
  change.removes = true;
  find(call, std::move(change), [](Reply reply, Session& session, Change of, const Message&) {
    apply(session.nsp(), std::move(reply), std::move(of));
  });
}

void message_edits(EventCall& call) {
  std::string id = message_id(call.data["id"]);
  if (id.empty()) {
    call.reply.fail(EventFault::kInvalidMessage);
    return;
  }
  find(call, change_of(call, std::move(id)),
       [](Reply reply, Session& session, Change of, Message message) {
         session.nsp().environment().history.past(
             std::move(of),
             [nsp = session.nsp().shared_from_this(), room = std::move(message.room),
              reply = std::move(reply)](Result<std::vector<storage::PastBody>> past) mutable {
               if (!past.ok()) {
                 reply.fail(fault_of(past.code()));
                 return;
               }
               if (sender_in_room(*nsp, reply, room) == nullptr) return;
               reply.ok([&past](JsonWriter& json) {
                 json.key("edits").begin_array();
                 for (const storage::PastBody& body : *past) {
                   json.begin_object().key("message").html(body.body);
                   json.key("until").string(Iso8601(body.until_ms).text()).end_object();
                 }
                 json.end_array();
               });
             });
       });
}

}  // namespace securechat::chat
