#pragma once

#include <string>
#include <string_view>

#include "base/json_fields.h"
#include "chat/event_call.h"

namespace securechat::chat {

class Room;

// Finds the handler of a client's event in the table of events and runs it; an event that is not in
// the table goes to the host.
void dispatch(EventCall& call);
[[nodiscard]] bool is_builtin_event(std::string_view name);

// The name of a room that a client gave: a string of 1 to 64 characters without control,
// bidirectional or zero-width characters. Empty when it is anything else.
[[nodiscard]] std::string room_name(const JsonField& value);
// The room an event is about, when the session is in it; otherwise the sender is told.
[[nodiscard]] Room* joined_room(EventCall& call);
// Whether who sent the event is in the room now, after storage was asked: a right may have ended
// meanwhile.
[[nodiscard]] bool still_in(Namespace& nsp, const Reply& reply, std::string_view room);
// Names that begin with "$" or "__" belong to the system.
[[nodiscard]] bool is_reserved_room(std::string_view name);

}  // namespace securechat::chat
