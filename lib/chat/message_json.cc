#include "chat/message_json.h"

#include "base/text.h"

namespace securechat::chat {

void append_message(JsonWriter& json, const storage::Message& message) {
  json.begin_object()
      .key("username")
      .html(message.username)
      .key("message")
      .html(message.body)
      .key("timestamp")
      .string(Iso8601(message.created_at_ms).text())
      .key("id")
      .string(message.id)
      .key("room")
      .string(message.room)
      .key("seq")
      .integer(message.seq)
      .key("userId")
      .string(message.user_id);
  if (!message.client_id.empty()) json.key("clientId").string(message.client_id);
  if (message.edited_at_ms != 0) {
    json.key("editedAt").string(Iso8601(message.edited_at_ms).text());
    if (message.edited_by != message.user_id) json.key("editedBy").string(message.edited_by);
  }
  json.end_object();
}

void append_deletion(JsonWriter& json, const storage::Message& message) {
  json.begin_object().key("id").string(message.id);
  json.key("room").string(message.room).key("seq").integer(message.seq).end_object();
}

}  // namespace securechat::chat
