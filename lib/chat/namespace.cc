#include "chat/namespace.h"

#include <optional>
#include <utility>

#include "base/json.h"
#include "base/json_fields.h"
#include "base/text.h"
#include "chat/event_call.h"
#include "chat/events.h"
#include "chat/namespaces.h"
#include "chat/pipeline.h"
#include "chat/presence.h"
#include "chat/session.h"
#include "chat/session_table.h"

namespace securechat::chat {

Namespace::Namespace(std::string name, std::string declared_as, Environment& environment)
    : name_(std::move(name)),
      declared_as_(std::move(declared_as)),
      environment_(environment),
      adapter_(Adapter::in_memory()) {}

void Namespace::add(Session& session) {
  ++sessions_;
  adapter_->add(session);
}

void Namespace::remove(Session& session) {
  if (!adapter_->remove(session)) return;
  --sessions_;
  for (const std::string& room : adapter_->leave_all(session)) departed(session, room);
}

void Namespace::enter(Session& session, const std::vector<storage::Message>& missed) {
  for (const LostSession::Room& room : session.lost().rooms)
    join(session, room.name, room.announced);
  for (const storage::Message& message : missed) {
    Room* room = adapter_->find(message.room);
    if (room != nullptr) room->saw_seq(message.seq);
    session.send_event(message_event(message), message_args(environment_, message));
  }
  const std::string& room = environment_.options.default_room;
  if (!room.empty()) join(session, room, false);
}

void Namespace::on_event(Session& session, protocol::Packet packet) {
  Reply reply(session, packet.ack, environment_);
  // The protocols let only JSON pass. The array around a plain frame is one level more than was
  // counted there.
  const bool plain = session.connection().wire() == connection::Wire::kPlain;
  const std::optional<JsonArrayParts> args = json_array_parts(packet.data);
  if (!args || (plain && !json_check(packet.data).ok())) {
    reply.fail(EventFault::kInvalidMessage);
    return;
  }
  EventCall call{*this,
                 session,
                 packet.event,
                 packet.data,
                 JsonFields(args->first),
                 packet.attachments,
                 std::move(packet.ack),
                 std::move(reply)};
  dispatch(call);
}

Room& Namespace::join(Session& session, std::string_view name, bool announced) {
  const Adapter::Joined joined = adapter_->join(session, name);
  const auth::KeptPrincipal& who = session.principal();
  Presence& presence = environment_.presence;
  if (joined.fresh) presence.enter(name_, name, who.person());
  session.entered(name, environment_.position, announced);
  if (announced && presence.announce(name_, name, who.user_id())) {
    announce("user-joined", session, joined.room.name());
  }
  return joined.room;
}

void Namespace::leave(Session& session, std::string_view name) {
  if (!adapter_->leave(session, name)) return;
  session.left(name);
  departed(session, std::string(name));
}

void Namespace::departed(const Session& session, const std::string& room) {
  if (environment_.presence.leave(name_, room, session.principal().user_id())) {
    announce("user-left", session, room);
  }
}

void Namespace::broadcast(std::string_view room, const protocol::OutgoingEvent& event,
                          SessionId except) {
  broadcast_here(room, event, except);
  if (environment_.neighbours.none()) return;
  struct Copy {
    std::string nsp, room, event, args;
  };
  const auto copy = std::make_shared<const Copy>(
      Copy{name_, std::string(room), std::string(event.event), std::string(event.args)});
  environment_.neighbours.post([copy, except](Namespaces& there) {
    Namespace* nsp = there.find(copy->nsp);
    if (nsp == nullptr) return;
    nsp->broadcast_here(copy->room, {.nsp = copy->nsp, .event = copy->event, .args = copy->args},
                        except);
  });
}

void Namespace::broadcast_here(std::string_view room, const protocol::OutgoingEvent& event,
                               SessionId except) {
  adapter_->broadcast(room, event, except == 0 ? nullptr : environment_.sessions.find(except));
}

void Namespace::announce(std::string_view event, const Session& session, const std::string& room) {
  std::string args;
  JsonWriter(args)
      .begin_array()
      .begin_object()
      .key("room")
      .string(room)
      .key("userId")
      .string(session.principal().user_id())
      .key("username")
      .html(session.principal().username())
      .end_object()
      .end_array();
  broadcast(room, {.nsp = name_, .event = event, .args = args}, session.id());
}

void Namespace::emit(const Target& target, std::string_view event, std::string_view args,
                     protocol::Attachments attachments) {
  const protocol::OutgoingEvent outgoing{
      .nsp = name_, .event = event, .args = args, .attachments = attachments};
  const auto wanted = [&](const Session& session) {
    if (session.id() == target.except || &session.nsp() != this) return false;
    if (target.room.empty()) return true;
    const Room* room = adapter_->find(target.room);
    return room != nullptr && room->contains(session);
  };
  if (target.session != 0) {
    Session* session = environment_.sessions.find(target.session);
    if (session != nullptr && wanted(*session)) session->send(outgoing);
    return;
  }
  if (!target.user_id.empty()) {
    for (Session* session : environment_.sessions.of_user(target.user_id)) {
      if (wanted(*session)) session->send(outgoing);
    }
    return;
  }
  broadcast_here(target.room, outgoing, target.except);
}

}  // namespace securechat::chat
