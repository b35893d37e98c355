#include "protocol/socket_io.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "base/json_fields.h"
#include "base/text.h"

namespace securechat::protocol::socket_io {
namespace {

constexpr std::size_t kMaxNamespaceBytes = 256;
constexpr std::string_view kMaxAckId = "9007199254740991";  // 2^53 - 1

constexpr std::array<std::string_view, 6> kReservedEvents = {
    "connect", "connect_error", "disconnect", "disconnecting", "newListener", "removeListener"};

// The packet types of the wire.
enum class Wire : char {
  kConnect = '0',
  kDisconnect = '1',
  kEvent = '2',
  kAck = '3',
  kConnectError = '4',
  kBinaryEvent = '5',
  kBinaryAck = '6',
};

Status invalid(const char* fault) {
  return {Code::kInvalid, fault};
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_control_byte(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte < 0x20 || byte == 0x7F;
}

// Takes "/name?query," off the front of `rest`; "/" when there is none.
Status take_namespace(std::string_view& rest, std::string& nsp) {
  if (rest.empty() || rest.front() != '/') {
    nsp = "/";
    return {};
  }
  const std::size_t comma = rest.find(',');
  std::string_view name = rest.substr(0, comma);
  rest.remove_prefix(comma == std::string_view::npos ? rest.size() : comma + 1);
  name = name.substr(0, name.find('?'));
  if (name.size() > kMaxNamespaceBytes) {
    return invalid("a Socket.IO namespace is longer than 256 bytes");
  }
  // It is echoed, and a control character can end a packet of a polling payload.
  if (!is_utf8(name) || std::any_of(name.begin(), name.end(), is_control_byte)) {
    return invalid("a Socket.IO namespace holds invalid UTF-8 or a control character");
  }
  nsp = name;
  return {};
}

// Takes the digits of an acknowledgement's id off the front of `rest`. They are echoed as they
// stand, so what JavaScript would print differently (leading zeros, over 2^53 - 1) is refused.
Status take_ack_id(std::string_view& rest, std::string& ack) {
  const auto* const end = std::find_if_not(rest.begin(), rest.end(), is_digit);
  const std::string_view digits = rest.substr(0, static_cast<std::size_t>(end - rest.begin()));
  rest.remove_prefix(digits.size());
  if (digits.size() > 1 && digits.front() == '0') {
    return invalid("a Socket.IO acknowledgement id starts with 0");
  }
  if (digits.size() > kMaxAckId.size() ||
      (digits.size() == kMaxAckId.size() && digits > kMaxAckId)) {
    return invalid("a Socket.IO acknowledgement id is over 2^53 - 1");
  }
  ack = digits;
  return {};
}

// The event's name is a string, or a number, which the reference takes for its text.
std::optional<std::string> event_name(std::string_view json) {
  if (json.front() == '"') {
    return json_unquote(json);
  }
  if (json.front() == '-' || is_digit(json.front())) {
    return std::string(json);
  }
  return std::nullopt;
}

// "[name,a,b]" becomes the name and "[a,b]", whose bytes are the peer's own.
Status read_event(std::string_view json, Packet& packet) {
  const std::optional<JsonArrayParts> parts = json_array_parts(json);
  if (!parts || parts->first.empty()) {
    return invalid("a Socket.IO event needs an array with its name");
  }
  std::optional<std::string> event = event_name(parts->first);
  if (!event) {
    return invalid("a Socket.IO event's name must be a string or a number");
  }
  if (is_reserved_event(*event)) {
    return invalid("a Socket.IO event's name is reserved");
  }
  packet.event = std::move(*event);
  packet.data.reserve(parts->rest.size() + 2);
  packet.data.append("[").append(parts->rest).push_back(']');
  return {};
}

bool is_binary(Wire type) {
  return type == Wire::kBinaryEvent || type == Wire::kBinaryAck;
}

// Takes "2-" off the front of `rest`.
Status take_attachment_count(std::string_view& rest, std::size_t& count) {
  const std::size_t dash = rest.find('-');
  const std::string_view digits = rest.substr(0, std::min(dash, rest.size()));
  if (dash == std::string_view::npos || digits.empty() || digits.size() > 2 ||
      !std::all_of(digits.begin(), digits.end(), is_digit) || digits.front() == '0') {
    return invalid("a binary Socket.IO packet does not say how many attachments follow");
  }
  for (const char digit : digits) {
    count = count * 10 + static_cast<std::size_t>(digit - '0');
  }
  if (count > kMaxAttachments) {
    return invalid("a binary Socket.IO packet has more than 10 attachments");
  }
  rest.remove_prefix(dash + 1);
  return {};
}

// Walks the value in the order of its text; `next` is the number that the next placeholder has.
bool placeholders_in_order(JsonView value, std::size_t& next) {
  if (value.is_object() && value["_placeholder"].as_bool() == true) {
    const std::optional<std::int64_t> number = value["num"].as_integer();
    return number && *number == static_cast<std::int64_t>(next++);
  }
  if (!value.is_object() && !value.is_array()) {
    return true;
  }
  const auto members = value.members();
  return std::all_of(members.begin(), members.end(), [&next](const auto& member) {
    return placeholders_in_order(member.second, next);
  });
}

Status read_payload(Wire type, std::string_view json, Packet& packet) {
  if (!json.empty()) {
    const Status status = json_check(json);
    if (!status.ok()) {
      return status;
    }
  }
  switch (type) {
    case Wire::kConnect:
      if (!json.empty() && json.find_first_not_of(" \t\r\n") != json.find('{')) {
        return invalid("a Socket.IO CONNECT carries something else than an object");
      }
      packet.data = json;
      return {};
    case Wire::kDisconnect:
      return json.empty() ? Status() : invalid("a Socket.IO DISCONNECT carries data");
    case Wire::kEvent:
    case Wire::kBinaryEvent:
      return read_event(json, packet);
    case Wire::kAck:
    case Wire::kBinaryAck:
      if (packet.ack.empty() || !json_array_parts(json)) {
        return invalid("a Socket.IO ACK needs an id and an array");
      }
      packet.data = json;
      return {};
    default:
      return invalid("a Socket.IO packet type that clients do not send");
  }
}

std::optional<PacketType> type_of(Wire wire) {
  switch (wire) {
    case Wire::kConnect:
      return PacketType::kConnect;
    case Wire::kDisconnect:
      return PacketType::kDisconnect;
    case Wire::kEvent:
    case Wire::kBinaryEvent:
      return PacketType::kEvent;
    case Wire::kAck:
    case Wire::kBinaryAck:
      return PacketType::kAck;
    default:
      return std::nullopt;  // CONNECT_ERROR is for servers to send.
  }
}

void append_head(std::string& out, Wire type, std::string_view nsp, std::string_view ack_id = {},
                 std::size_t attachments = 0) {
  out.push_back(static_cast<char>(type));
  if (attachments > 0) {
    out.append(std::to_string(attachments)).push_back('-');
  }
  if (nsp != "/") {
    out.append(nsp).push_back(',');
  }
  out.append(ack_id);
}

// What stands between the brackets of an array, which may have white space around and inside them.
std::string_view elements_of(std::string_view array) {
  array = trim_ascii(array);
  return array.size() > 2 ? trim_ascii(array.substr(1, array.size() - 2)) : std::string_view();
}

}  // namespace

bool is_reserved_event(std::string_view event) {
  return std::find(kReservedEvents.begin(), kReservedEvents.end(), event) != kReservedEvents.end();
}

bool placeholders_match(std::string_view json, std::size_t count, const JsonLimits& limits) {
  const Result<JsonDocument> value = JsonDocument::parse(json, limits);
  std::size_t found = 0;
  return value.ok() && placeholders_in_order(value->root(), found) && found == count;
}

Result<Packet> decode(std::string_view text) {
  if (text.empty()) {
    return invalid("a Socket.IO packet is empty");
  }
  const auto wire = static_cast<Wire>(text.front());
  const std::optional<PacketType> type = type_of(wire);
  if (!type) {
    return invalid("a Socket.IO packet type that clients do not send");
  }
  std::string_view rest = text.substr(1);
  Packet packet;
  packet.type = *type;
  Status status;
  if (is_binary(wire)) {
    status = take_attachment_count(rest, packet.attachments_due);
  }
  if (status.ok()) {
    status = take_namespace(rest, packet.nsp);
  }
  if (status.ok()) {
    status = take_ack_id(rest, packet.ack);
  }
  const bool takes_id = *type == PacketType::kEvent || *type == PacketType::kAck;
  if (status.ok() && !packet.ack.empty() && !takes_id) {
    status = invalid("a Socket.IO packet carries an id that its type has not");
  }
  if (status.ok()) {
    status = read_payload(wire, rest, packet);
  }
  if (status.ok() && packet.attachments_due > 0 &&
      !placeholders_match(packet.data, packet.attachments_due)) {
    status = invalid("the placeholders of a binary Socket.IO packet are not its attachments");
  }
  if (!status.ok()) {
    return status;
  }
  return packet;
}

void encode_connect(std::string& out, std::string_view nsp, std::string_view sid,
                    std::string_view pid) {
  append_head(out, Wire::kConnect, nsp);
  JsonWriter json(out);
  json.begin_object().key("sid").string(sid);
  if (!pid.empty()) {
    json.key("pid").string(pid);
  }
  json.end_object();
}

void encode_connect_error(std::string& out, std::string_view nsp, std::string_view message,
                          std::string_view data) {
  append_head(out, Wire::kConnectError, nsp);
  JsonWriter json(out);
  json.begin_object().key("message").string(message);
  if (!data.empty()) {
    json.key("data").raw(data);
  }
  json.end_object();
}

void encode_disconnect(std::string& out, std::string_view nsp) {
  append_head(out, Wire::kDisconnect, nsp);
}

void encode_event(std::string& out, const OutgoingEvent& event) {
  out.reserve(out.size() + event.nsp.size() + event.ack.size() + event.event.size() +
              event.args.size() + 12);
  const std::size_t attachments = event.attachments.size();
  append_head(out, attachments > 0 ? Wire::kBinaryEvent : Wire::kEvent, event.nsp, event.ack,
              attachments);
  out.push_back('[');
  json_append_string(out, event.event);
  const std::string_view args = elements_of(event.args);
  if (!args.empty()) {
    out.push_back(',');
    out.append(args);
  }
  out.push_back(']');
}

void encode_ack(std::string& out, std::string_view nsp, std::string_view ack_id,
                std::string_view args, std::size_t attachments) {
  out.reserve(out.size() + nsp.size() + ack_id.size() + args.size() + 8);
  append_head(out, attachments > 0 ? Wire::kBinaryAck : Wire::kAck, nsp, ack_id, attachments);
  out.append(args.empty() ? std::string_view("[]") : args);
}

}  // namespace securechat::protocol::socket_io
