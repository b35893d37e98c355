#include "protocol/plain_json.h"

#include <optional>
#include <utility>
#include <vector>

#include "base/json.h"
#include "base/json_fields.h"
#include "protocol/socket_io.h"

namespace securechat::protocol::plain_json {
namespace {

constexpr std::size_t kMaxRefBytes = 64;

Status invalid(const char* fault) {
  return {Code::kInvalid, fault};
}

// What a frame says, as JSON text; empty where it says nothing.
struct Frame {
  std::string type;
  std::string_view ref;
  std::string_view data;
  std::string others;  // Every member but "type", joined by commas.
};

Status read_frame(std::string_view text, Frame& frame) {
  const Result<std::vector<JsonMember>> members = json_object_members(text);
  if (!members.ok()) {
    return invalid("a frame must be a JSON object");
  }
  for (const JsonMember& member : *members) {
    const std::optional<std::string> key = json_unquote(member.key);
    if (key == "type") {
      frame.type = json_unquote(member.value).value_or("");
      continue;
    }
    if (key == "ref") {
      frame.ref = member.value;
    } else if (key == "data") {
      frame.data = member.value;
    }
    frame.others.append(frame.others.empty() ? "" : ",");
    frame.others.append(member.key).append(":").append(member.value);
  }
  return frame.type.empty() ? invalid("a frame needs a string \"type\"") : Status();
}

// A number or a short string; it is echoed as it stands.
bool is_ref(std::string_view json) {
  if (const std::optional<std::string> text = json_unquote(json)) {
    return text->size() <= kMaxRefBytes;
  }
  return json.front() == '-' || (json.front() >= '0' && json.front() <= '9');
}

// The protocol carries the first argument of an event or an acknowledgement.
void write_first(JsonWriter& json, std::string_view args) {
  const std::optional<JsonArrayParts> parts = json_array_parts(args);
  if (parts && !parts->first.empty()) {
    json.key("data").raw(parts->first);
  }
}

}  // namespace

Result<Packet> decode(std::string_view text) {
  Frame frame;
  Status status = json_check(text);
  if (status.ok()) {
    status = read_frame(text, frame);
  }
  if (!status.ok()) {
    return status;
  }
  Packet packet;
  if (frame.type == "auth") {
    packet.type = PacketType::kConnect;
    packet.data = "{" + frame.others + "}";
    return packet;
  }
  if (socket_io::is_reserved_event(frame.type)) {
    return invalid("a frame's \"type\" is a reserved event name");
  }
  if (!frame.ref.empty() && !is_ref(frame.ref)) {
    return invalid("a frame's \"ref\" must be a number or a string of at most 64 bytes");
  }
  if (frame.type == "ack") {
    if (frame.ref.empty()) {
      return invalid("an acknowledgement needs the \"ref\" of what it acknowledges");
    }
    packet.type = PacketType::kAck;
  } else {
    packet.type = PacketType::kEvent;
    packet.event = std::move(frame.type);
  }
  packet.ack = frame.ref;
  packet.data.append("[").append(frame.data).append("]");
  return packet;
}

void encode_welcome(std::string& out, std::string_view sid, std::string_view user, bool resumed) {
  JsonWriter json(out);
  json.begin_object().key("type").string("welcome").key("sid").string(sid);
  json.key("user").raw(user).key("resumed").boolean(resumed).end_object();
}

void encode_error(std::string& out, std::string_view message, std::string_view code,
                  std::string_view ref) {
  JsonWriter json(out);
  json.begin_object().key("type").string("error");
  json.key("message").string(message).key("code").string(code);
  if (!ref.empty()) {
    json.key("ref").raw(ref);
  }
  json.end_object();
}

void encode_event(std::string& out, const OutgoingEvent& event) {
  JsonWriter json(out);
  json.begin_object().key("type").string(event.event);
  if (!event.ack.empty()) {
    json.key("ref").raw(event.ack);
  }
  write_first(json, event.args);
  json.end_object();
}

void encode_ack(std::string& out, std::string_view ref, std::string_view args) {
  JsonWriter json(out);
  json.begin_object().key("type").string("ack").key("ref").raw(ref);
  write_first(json, args);
  json.end_object();
}

}  // namespace securechat::protocol::plain_json
