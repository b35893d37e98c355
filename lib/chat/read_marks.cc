#include "chat/read_marks.h"

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "chat/events.h"
#include "chat/history.h"
#include "chat/namespace.h"
#include "chat/session.h"

namespace securechat::chat {
namespace {

constexpr int kMostMarks = 1'000;

std::string read_args(std::string_view room, std::string_view user_id, std::int64_t seq) {
  std::string args;
  JsonWriter json(args);
  json.begin_array().begin_object().key("room").string(room);
  json.key("userId").string(user_id).key("seq").integer(seq).end_object().end_array();
  return args;
}

}  // namespace

void mark_read(EventCall& call) {
  const std::optional<std::int64_t> seq = call.data["seq"].as_integer();
  if (!seq || *seq < 1) {
    call.reply.fail(EventFault::kInvalidMessage);
    return;
  }
  const Room* room = joined_room(call);
  if (room == nullptr) return;
  call.nsp.environment().history.mark(
      {call.nsp.name(), room->name(), std::string(call.session.principal().user_id()), *seq},
      [nsp = call.nsp.shared_from_this(), room = room->name(),
       user_id = std::string(call.session.principal().user_id()),
       reply = std::move(call.reply)](Result<storage::Marked> marked) mutable {
        if (!marked.ok()) {
          reply.fail(event_fault_of(marked.code()));
          return;
        }
        // The others hear only of somebody who is still among them.
        if (marked->advanced && still_in(*nsp, reply, room)) {
          const std::string args = read_args(room, user_id, marked->seq);
          nsp->broadcast(room, {.nsp = nsp->name(), .event = "message-read", .args = args}, 0);
        }
        reply.ok([&](JsonWriter& json) {
          json.key("room").string(room).key("seq").integer(marked->seq);
        });
      });
}

void room_marks(EventCall& call) {
  const Room* room = joined_room(call);
  if (room == nullptr) return;
  call.nsp.environment().history.marks(
      call.nsp.name(), room->name(), kMostMarks,
      [nsp = call.nsp.shared_from_this(), room = room->name(),
       reply = std::move(call.reply)](Result<std::vector<storage::ReadMark>> marks) mutable {
        if (!marks.ok()) {
          reply.fail(event_fault_of(marks.code()));
          return;
        }
        if (!still_in(*nsp, reply, room)) {
          reply.fail(EventFault::kNotInRoom);
          return;
        }
        reply.ok([&marks](JsonWriter& json) {
          json.key("marks").begin_array();
          for (const storage::ReadMark& mark : *marks) {
            json.begin_object().key("userId").string(mark.user_id);
            json.key("seq").integer(mark.seq).end_object();
          }
          json.end_array();
        });
      });
}

}  // namespace securechat::chat
