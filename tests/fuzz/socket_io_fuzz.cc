// What is decoded is well formed and decodes to itself once it is encoded.
#include <cstddef>
#include <cstdint>

#include "base/json.h"
#include "base/text.h"
#include "fuzz/require.h"
#include "protocol/engine_io.h"
#include "protocol/socket_io.h"

namespace securechat::fuzz {
namespace {

using protocol::Packet;
using protocol::PacketType;
namespace socket_io = protocol::socket_io;

std::string encode(const Packet& packet) {
  std::string out;
  switch (packet.type) {
    case PacketType::kConnect:
      socket_io::encode_disconnect(out, packet.nsp);
      out.front() = '0';  // Servers do not send this packet: there is no encoder for it.
      return out + packet.data;
    case PacketType::kDisconnect:
      socket_io::encode_disconnect(out, packet.nsp);
      return out;
    case PacketType::kEvent:
      socket_io::encode_event(
          out, {.nsp = packet.nsp, .event = packet.event, .args = packet.data, .ack = packet.ack});
      return out;
    case PacketType::kAck:
      socket_io::encode_ack(out, packet.nsp, packet.ack, packet.data);
      return out;
    case PacketType::kConnectError:
      break;
  }
  require(false, "a client's CONNECT_ERROR is refused");
  return out;
}

void check_payload(std::string_view body) {
  namespace engine_io = protocol::engine_io;
  const auto packets = engine_io::decode_payload(body);
  if (!packets.ok()) return;
  std::string encoded;
  for (const engine_io::PayloadPacket& packet : *packets) {
    require(packet.binary || engine_io::decode(packet.data).ok(), "a text packet has a type");
    engine_io::append_to_payload(encoded, packet.binary, packet.data);
  }
  const auto again = engine_io::decode_payload(encoded);
  require(again.ok() && again->size() == packets->size(), "what is encoded is decoded");
  for (std::size_t i = 0; i < packets->size(); ++i) {
    require((*again)[i].binary == (*packets)[i].binary && (*again)[i].data == (*packets)[i].data,
            "to the same packets");
  }
}

void check(std::string_view text) {
  (void)protocol::engine_io::decode(text);
  check_payload(text);
  const Result<Packet> packet = socket_io::decode(text);
  if (!packet.ok()) {
    require(packet.code() == Code::kInvalid && !packet.message().empty(), "a refusal has a reason");
    return;
  }
  require(packet->nsp.front() == '/' && packet->nsp.size() <= 256 && is_utf8(packet->nsp),
          "a namespace is bounded text that starts with /");
  require(packet->ack.size() <= 16, "an acknowledgement id is bounded");
  require(is_utf8(packet->event) && !socket_io::is_reserved_event(packet->event),
          "an event has a name that may be used");
  require(packet->data.empty() || json_check(packet->data).ok(), "the data is JSON");
  const std::string encoded = encode(*packet);
  const Result<Packet> again = socket_io::decode(encoded);
  require(again.ok(), "what is encoded is decoded");
  require(again->type == packet->type && again->nsp == packet->nsp && again->ack == packet->ack &&
              again->event == packet->event && again->data == packet->data,
          "to the same packet");
}

}  // namespace
}  // namespace securechat::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  securechat::fuzz::check({reinterpret_cast<const char*>(data), size});
  return 0;
}
