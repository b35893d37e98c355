#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "chat/event_call.h"
#include "storage/message_store.h"

namespace securechat::chat {

// The way of a message, each step visible: count it against its sender's limit, check it, ask the
// host, number and store it, hand it to the room, acknowledge it.
void send_message(EventCall& call);

// What a client wants said, as it is stored: trimmed, without controls; nothing when it is no text,
// is empty or longer than the limit.
[[nodiscard]] std::optional<std::string> read_body(const JsonField& text,
                                                   const ChatOptions& options);
// Counts one message of the sender.
[[nodiscard]] bool within_message_rate(const EventCall& call);
// Asks the host about `event`, whose text it may replace in `message`. False, with the sender told,
// when it denies.
[[nodiscard]] bool allowed_by_host(Namespace& nsp, const Session& session, std::string_view event,
                                   std::string_view args, Reply& reply, storage::Message& message);

// The event that tells of a message, or of its change, and its arguments as clients get them.
[[nodiscard]] std::string_view message_event(const storage::Message& message);
[[nodiscard]] std::string message_args(const Environment& environment,
                                       const storage::Message& message);

// Hands a stored message, or its change, to its room's members on this shard. Called for all of the
// server, in the order of the commits, also when nobody here is in its namespace (null).
void deliver(Environment& environment, Namespace* nsp, const storage::Message& message);

}  // namespace securechat::chat
