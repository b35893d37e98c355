#pragma once

#include "chat/event_call.h"

namespace securechat::chat {

// What a client does to a message after it was said: who said it, owns its room or moderates may,
// as long as he is in the room. That there is no such message looks like not being allowed.
void edit_message(EventCall& call);
void delete_message(EventCall& call);
// What a message said before it was edited.
void message_edits(EventCall& call);

}  // namespace securechat::chat
