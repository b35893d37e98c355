#pragma once

#include "chat/event_call.h"

namespace securechat::chat {

// How far its user has read in a room: a mark that only goes forward, the same on all devices.
void mark_read(EventCall& call);
// How far everybody has read.
void room_marks(EventCall& call);

}  // namespace securechat::chat
