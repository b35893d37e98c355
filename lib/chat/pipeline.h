#pragma once

#include "chat/event_call.h"
#include "storage/message_store.h"

namespace securechat::chat {

// The way of a message, each step visible: count it against its sender's limit, check it, ask the
// host, number and store it, hand it to the room, acknowledge it.
void send_message(EventCall& call);

// The arguments of a message's event as clients get them.
[[nodiscard]] std::string message_args(const Environment& environment,
                                       const storage::Message& message);

// Hands a stored message to its room's members on this shard. Called for every message of the
// server, in the order of the commits, also when nobody here is in its namespace (null).
void deliver(Environment& environment, Namespace* nsp, const storage::Message& message);

}  // namespace securechat::chat
