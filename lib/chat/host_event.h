#pragma once

#include "chat/event_call.h"

namespace securechat::chat {

// An event that is none of the server's own: it goes to the host's handler for it, when there is
// one; else it is ignored, or acknowledged as unknown. The handler may acknowledge at once or
// later, or not at all, which acknowledges with {"ok":true}.
void host_event(EventCall& call);

}  // namespace securechat::chat
