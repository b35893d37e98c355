// What is decoded is well formed and decodes to itself once it is written again.
#include <cstddef>
#include <cstdint>

#include "base/json.h"
#include "base/text.h"
#include "fuzz/require.h"
#include "protocol/plain_json.h"
#include "protocol/socket_io.h"

namespace securechat::fuzz {
namespace {

using protocol::Packet;
using protocol::PacketType;
namespace plain_json = protocol::plain_json;

std::string write(const Packet& packet) {
  std::string out;
  JsonWriter json(out);
  if (packet.type == PacketType::kConnect) {
    json.begin_object().key("type").string("auth");
    const std::string_view others = std::string_view(packet.data).substr(1);
    return out + (others == "}" ? "" : ",") + std::string(others);
  }
  if (packet.type == PacketType::kAck) {
    plain_json::encode_ack(out, packet.ack, packet.data);
  } else {
    plain_json::encode_event(out, {.event = packet.event, .args = packet.data, .ack = packet.ack});
  }
  return out;
}

void check(std::string_view text) {
  const Result<Packet> packet = plain_json::decode(text);
  if (!packet.ok()) {
    require(packet.code() == Code::kInvalid && !packet.message().empty(), "a refusal has a reason");
    return;
  }
  require(packet->nsp == "/", "the namespace is the main one");
  require(json_check(packet->data, {.max_depth = 33}).ok(), "the data is JSON");
  require(packet->ack.empty() || json_check(packet->ack).ok(), "the ref is JSON");
  require(packet->type == PacketType::kConnect || packet->type == PacketType::kEvent ||
              packet->type == PacketType::kAck,
          "a frame is an auth, an event or an acknowledgement");
  require(packet->type != PacketType::kAck || !packet->ack.empty(),
          "an acknowledgement names what it acknowledges");
  require(is_utf8(packet->event) && !protocol::socket_io::is_reserved_event(packet->event),
          "an event has a name that may be used");
  const Result<Packet> again = plain_json::decode(write(*packet));
  require(again.ok(), "what is written is decoded");
  require(again->type == packet->type && again->event == packet->event &&
              again->ack == packet->ack && again->data == packet->data,
          "to the same packet");
  std::string answer;
  plain_json::encode_error(answer, packet->event, packet->event, packet->ack);
  require(json_check(answer).ok(), "an error is JSON");
}

}  // namespace
}  // namespace securechat::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  securechat::fuzz::check({reinterpret_cast<const char*>(data), size});
  return 0;
}
