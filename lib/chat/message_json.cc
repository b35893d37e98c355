#include "chat/message_json.h"

#include "base/text.h"

namespace securechat::chat {

void append_message(JsonWriter& json, const storage::Message& message) {
  json.begin_object()
      .key("username")
      .string(html_escape(message.username))
      .key("message")
      .string(html_escape(message.body))
      .key("timestamp")
      .string(iso8601(message.created_at_ms))
      .key("id")
      .string(message.id)
      .key("room")
      .string(message.room)
      .key("seq")
      .integer(message.seq)
      .key("userId")
      .string(message.user_id);
  if (!message.client_id.empty()) json.key("clientId").string(message.client_id);
  json.end_object();
}

}  // namespace securechat::chat
