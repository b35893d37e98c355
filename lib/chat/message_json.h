#pragma once

#include <string>

#include "base/json.h"
#include "storage/message_store.h"

namespace securechat::chat {

// Appends a message as everyone sees it: an allow-list of fields, the text and the name escaped
// once as HTML text (docs/protocol.md). The only place that does so.
void append_message(JsonWriter& json, const storage::Message& message);
// Appends what everyone is told of a message that was taken away.
void append_deletion(JsonWriter& json, const storage::Message& message);

}  // namespace securechat::chat
