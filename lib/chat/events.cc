#include "chat/events.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <string>
#include <utility>

#include "base/text.h"
#include "chat/history.h"
#include "chat/host_event.h"
#include "chat/message_changes.h"
#include "chat/message_json.h"
#include "chat/namespace.h"
#include "chat/pipeline.h"
#include "chat/presence.h"
#include "chat/read_marks.h"
#include "chat/session.h"
#include "chat/session_table.h"

namespace securechat::chat {
namespace {

constexpr std::size_t kRoomsPerSession = 100;
constexpr int kDefaultPage = 50;
constexpr int kLargestPage = 200;

void append_users(JsonWriter& json, const Namespace& nsp, std::string_view room) {
  json.key("users").begin_array();
  for (const Presence::Person& person : nsp.environment().presence.people(nsp.name(), room)) {
    json.begin_object()
        .key("userId")
        .string(person.user_id)
        .key("username")
        .html(person.username)
        .key("status")
        .string("online")
        .end_object();
  }
  json.end_array();
}

void answer_membership(Reply& reply, const Namespace& nsp, const std::string& name,
                       std::int64_t seq) {
  reply.ok([&](JsonWriter& json) {
    json.key("room").string(name);
    append_users(json, nsp, name);
    json.key("seq").integer(seq);
  });
}

void finish_join(Namespace& nsp, Reply& reply, const std::string& name,
                 const Result<std::int64_t>& opened) {
  if (!opened.ok()) {
    reply.fail(opened.code() == Code::kNotFound ? EventFault::kForbidden
                                                : event_fault_of(opened.code()));
    return;
  }
  Session* session = reply.session();
  if (session == nullptr) return;
  // Asked here, because joins that were sent together all pass a check made before storage answers.
  const Room* present = nsp.adapter().find(name);
  const bool member = present != nullptr && present->contains(*session);
  // One seat is in the namespace itself.
  if (!member && session->seats().size() > kRoomsPerSession) {
    reply.fail(EventFault::kForbidden);
    return;
  }
  Room& room = nsp.join(*session, name, true);
  room.saw_seq(*opened);
  answer_membership(reply, nsp, name, room.last_seq());
}

void join_room(EventCall& call) {
  call.reply.audit_as(audit::Name::kJoinDenied);
  const std::string name = room_name(call.data["room"]);
  if (name.empty()) {
    call.reply.fail(EventFault::kInvalidMessage);
    return;
  }
  if (is_reserved_room(name)) {
    call.reply.fail(EventFault::kForbidden);
    return;
  }
  Environment& environment = call.nsp.environment();
  const std::string_view user_id = call.session.principal().user_id();
  if (!environment.room_rate.attempt(user_id, environment.clock.monotonic_ms()).allowed) {
    call.reply.fail(EventFault::kRateLimited);
    return;
  }
  environment.history.open_room(
      call.nsp.name(), name,
      // The default room is everybody's.
      name == environment.options.default_room ? std::string()
                                               : std::string(call.session.principal().user_id()),
      environment.options.auto_create_rooms || name == environment.options.default_room,
      environment.clock.unix_ms(),
      [nsp = call.nsp.shared_from_this(), name, reply = std::move(call.reply)](
          Result<std::int64_t> opened) mutable { finish_join(*nsp, reply, name, opened); });
}

void leave_room(EventCall& call) {
  Room* room = joined_room(call);
  if (room == nullptr) return;
  const std::string name = room->name();
  const std::int64_t seq = room->last_seq();
  call.nsp.leave(call.session, name);
  answer_membership(call.reply, call.nsp, name, seq);
}

// Told to the others in the room and never stored.
void typing(EventCall& call) {
  const std::optional<bool> is_typing = call.data["typing"].as_bool();
  if (!is_typing) {
    call.reply.fail(EventFault::kInvalidMessage);
    return;
  }
  const Room* room = joined_room(call);
  if (room == nullptr) return;
  std::string args;
  JsonWriter(args)
      .begin_array()
      .begin_object()
      .key("room")
      .string(room->name())
      .key("userId")
      .string(call.session.principal().user_id())
      .key("username")
      .html(call.session.principal().username())
      .key("typing")
      .boolean(*is_typing)
      .end_object()
      .end_array();
  call.nsp.broadcast(room->name(), {.nsp = call.nsp.name(), .event = "typing", .args = args},
                     call.session.id());
  call.reply.ok([](JsonWriter&) {});
}

void room_users(EventCall& call) {
  const Room* room = joined_room(call);
  if (room == nullptr) return;
  call.reply.ok([&call, room](JsonWriter& json) { append_users(json, call.nsp, room->name()); });
}

// An optional whole number of at least `minimum` and at most `maximum`; false when it is wrong.
bool read_integer(const JsonField& value, std::int64_t minimum, std::int64_t maximum,
                  std::int64_t& number) {
  if (!value.exists()) return true;
  const std::optional<std::int64_t> given = value.as_integer();
  if (!given || *given < minimum || *given > maximum) return false;
  number = *given;
  return true;
}

void finish_history(Namespace& nsp, Reply& reply, const std::string& name,
                    const Result<storage::HistoryPage>& page) {
  if (!page.ok()) {
    reply.fail(event_fault_of(page.code()));
    return;
  }
  if (!still_in(nsp, reply, name)) {
    reply.fail(EventFault::kNotInRoom);
    return;
  }
  reply.ok([&page](JsonWriter& json) {
    json.key("messages").begin_array();
    for (const storage::Message& message : page->messages) append_message(json, message);
    json.end_array().key("more").boolean(page->more);
  });
}

void room_history(EventCall& call) {
  storage::HistoryQuery query;
  std::int64_t limit = kDefaultPage;
  constexpr std::int64_t kLargestSeq = (std::int64_t{1} << 53) - 1;
  if (!read_integer(call.data["before"], 1, kLargestSeq, query.before) ||
      !read_integer(call.data["after"], 0, kLargestSeq, query.after) ||
      !read_integer(call.data["limit"], 1, kLargestPage, limit)) {
    call.reply.fail(EventFault::kInvalidMessage);
    return;
  }
  const Room* room = joined_room(call);
  if (room == nullptr) return;
  query.nsp = call.nsp.name();
  query.room = room->name();
  query.limit = static_cast<int>(limit);
  call.nsp.environment().history.page(
      query,
      [nsp = call.nsp.shared_from_this(), name = query.room, reply = std::move(call.reply)](
          Result<storage::HistoryPage> page) mutable { finish_history(*nsp, reply, name, page); });
}

void finish_refresh(Reply& reply, const auth::Outcome<auth::Principal>& outcome) {
  Session* session = reply.session();
  if (session == nullptr) return;
  if (!outcome.ok()) {
    reply.fail(auth::connect_error_message(outcome.fault), auth::connect_error_code(outcome.fault));
    return;
  }
  if (session->nsp().environment().sessions.recently_revoked(outcome.value.sid)) {
    reply.fail("AUTH_FAILED", "AUTH_FAILED");
    return;
  }
  if (outcome.value.user_id != session->principal().user_id()) {
    reply.fail(EventFault::kForbidden);
    return;
  }
  session->renew(outcome.value);
  reply.ok([&outcome](JsonWriter& json) {
    json.key("expiresAt").string(iso8601(outcome.value.expires_at_s * 1000));
  });
}

// Swaps the claims of the live socket for those of a newer token of the same user.
void refresh_auth(EventCall& call) {
  std::optional<std::string> token = call.data["token"].as_string();
  if (!token) {
    call.reply.fail(EventFault::kInvalidMessage);
    return;
  }
  Environment& environment = call.nsp.environment();
  auto reply = std::make_shared<Reply>(std::move(call.reply));
  environment.accounts.authenticate(
      std::move(*token),
      [home = environment.home, reply](auth::Outcome<auth::Principal> outcome) mutable {
        // The reply belongs to the shard: the task takes the only reference there.
        home->post([reply = std::move(reply), outcome = std::move(outcome)] {
          finish_refresh(*reply, outcome);
        });
      });
}

struct Event {
  std::string_view name;
  void (*handle)(EventCall&);
  // A few bytes that cost everybody in a room, or a walk through storage: without a limit one user
  // with many sockets could hold up all others. Messages and joins have limits of their own.
  bool counted = false;
};

// Everything a client may ask for.
constexpr std::array kEvents{
    Event{"send-message", send_message},
    Event{"join-room", join_room},
    Event{"leave-room", leave_room},
    Event{"room-users", room_users, true},
    Event{"room-history", room_history, true},
    Event{"typing", typing, true},
    Event{"refresh-auth", refresh_auth},
    Event{"edit-message", edit_message},
    Event{"delete-message", delete_message, true},
    Event{"message-edits", message_edits, true},
    Event{"mark-read", mark_read, true},
    Event{"room-marks", room_marks, true},
};

bool within_request_rate(const EventCall& call) {
  Environment& environment = call.nsp.environment();
  const std::string_view user_id = call.session.principal().user_id();
  return environment.request_rate.attempt(user_id, environment.clock.monotonic_ms()).allowed;
}

}  // namespace

bool is_builtin_event(std::string_view name) {
  return std::ranges::any_of(kEvents, [name](const Event& event) { return event.name == name; });
}

void dispatch(EventCall& call) {
  const auto event = std::find_if(kEvents.begin(), kEvents.end(), [&call](const Event& candidate) {
    return candidate.name == call.event;
  });
  if (event == kEvents.end()) {
    host_event(call);
  } else if (event->counted && !within_request_rate(call)) {
    call.reply.fail(EventFault::kRateLimited);
  } else {
    event->handle(call);
  }
}

Room* joined_room(EventCall& call) {
  const std::string name = room_name(call.data["room"]);
  if (name.empty()) {
    call.reply.fail(EventFault::kInvalidMessage);
    return nullptr;
  }
  Room* room = call.nsp.adapter().find(name);
  if (room == nullptr || !room->contains(call.session)) {
    call.reply.fail(EventFault::kNotInRoom);
    return nullptr;
  }
  return room;
}

bool still_in(Namespace& nsp, const Reply& reply, std::string_view room) {
  const Session* const session = reply.session();
  const Room* const found = nsp.adapter().find(room);
  return session != nullptr && found != nullptr && found->contains(*session);
}

std::string room_name(const JsonField& value) {
  std::optional<std::string> name = value.as_string();
  if (!name || name->empty() || code_point_count(*name) > 64) return {};
  for (std::size_t position = 0; position < name->size();) {
    const char32_t c = next_code_point(*name, position);
    if (is_control(c) || is_bidi_control(c) || is_zero_width(c)) return {};
  }
  return std::move(*name);
}

bool is_reserved_room(std::string_view name) {
  return name.starts_with('$') || name.starts_with("__");
}

}  // namespace securechat::chat
