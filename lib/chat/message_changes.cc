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

// The sender, when he is still there and in the room of the message he named; otherwise he is told.
Session* sender_in_room(Namespace& nsp, Reply& reply, const Result<std::optional<Message>>& found) {
  if (!found.ok()) {
    reply.fail(fault_of(found.code()));
    return nullptr;
  }
  Session* session = reply.session();
  if (session == nullptr) return nullptr;
  const Room* room = *found ? nsp.adapter().find((**found).room) : nullptr;
  if (room == nullptr || !room->contains(*session)) {
    reply.fail(EventFault::kForbidden);
    return nullptr;
  }
  return session;
}

Change change_of(const Session& session, const Message& message, std::int64_t now_ms) {
  Change change;
  change.nsp = session.nsp().name();
  change.id = message.id;
  change.user_id = session.principal().user_id();
  change.moderator = moderates_everywhere(session.principal());
  change.now_ms = now_ms;
  return change;
}

void finish(Namespace& nsp, Reply& reply, const History::Appended& changed) {
  if (!changed.status.ok()) {
    reply.fail(fault_of(changed.status.code()));
    return;
  }
  const Message& message = changed.message;
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

void find(EventCall& call, std::string id, UniqueFunction<void(Reply, Session&, Message)> then) {
  call.nsp.environment().history.find(
      call.nsp.name(), std::move(id),
      [nsp = call.nsp.shared_from_this(), reply = std::move(call.reply),
       then = std::move(then)](Result<std::optional<Message>> found) mutable {
        Session* session = sender_in_room(*nsp, reply, found);
        if (session != nullptr) then(std::move(reply), *session, std::move(**found));
      });
}

}  // namespace

bool moderates_everywhere(const auth::KeptPrincipal& principal) {
  return principal.role() == "moderator" || principal.role() == "admin";
}

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
  // The arguments are the host's to look at, and borrowed for this call only.
  find(call, std::move(id),
       [body = std::move(*body), args = std::string(call.args)](Reply reply, Session& session,
                                                                Message message) mutable {
         Namespace& nsp = session.nsp();
         Change change = change_of(session, message, nsp.environment().clock.unix_ms());
         message.body = std::move(body);
         message.created_at_ms = change.now_ms;
         if (!allowed_by_host(nsp, session, "edit-message", args, reply, message)) return;
         change.body = std::move(message.body);
         apply(nsp, std::move(reply), std::move(change));
       });
}

void delete_message(EventCall& call) {
  call.reply.audit_as(audit::Name::kMessageRefused);
  std::string id = message_id(call.data["id"]);
  if (id.empty()) {
    call.reply.fail(EventFault::kInvalidMessage);
    return;
  }
  find(call, std::move(id), [](Reply reply, Session& session, Message message) {
    Namespace& nsp = session.nsp();
    Change change = change_of(session, message, nsp.environment().clock.unix_ms());
    change.removes = true;
    apply(nsp, std::move(reply), std::move(change));
  });
}

void message_edits(EventCall& call) {
  std::string id = message_id(call.data["id"]);
  if (id.empty()) {
    call.reply.fail(EventFault::kInvalidMessage);
    return;
  }
  find(call, std::move(id), [](Reply reply, Session& session, Message message) {
    Namespace& nsp = session.nsp();
    nsp.environment().history.past(
        change_of(session, message, 0),
        [reply = std::move(reply)](Result<std::vector<storage::PastBody>> past) mutable {
          if (!past.ok()) {
            reply.fail(fault_of(past.code()));
            return;
          }
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
