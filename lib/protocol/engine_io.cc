#include "protocol/engine_io.h"

#include <utility>

#include "base/json.h"
#include "base/text.h"

namespace securechat::protocol::engine_io {

Result<TextPacket> decode(std::string_view frame) {
  if (frame.empty()) {
    return {Code::kInvalid, "an Engine.IO packet is empty"};
  }
  if (frame.front() < '0' || frame.front() > '6') {
    return {Code::kInvalid, "an Engine.IO packet has an unknown type"};
  }
  return TextPacket{static_cast<Type>(frame.front()), frame.substr(1)};
}

namespace {

constexpr char kBinaryMark = 'b';

Result<PayloadPacket> decode_payload_packet(std::string_view text) {
  if (text.starts_with(kBinaryMark)) {
    PayloadPacket packet{true, {}};
    if (!base64_decode(text.substr(1), packet.data)) {
      return {Code::kInvalid, "a binary message of an Engine.IO payload is not base64"};
    }
    return packet;
  }
  if (const Result<TextPacket> packet = decode(text); !packet.ok()) {
    return packet.status();
  }
  return PayloadPacket{false, std::string(text)};
}

}  // namespace

Result<std::vector<PayloadPacket>> decode_payload(std::string_view body) {
  if (!is_utf8(body)) {
    return {Code::kInvalid, "an Engine.IO payload is not UTF-8"};
  }
  std::vector<PayloadPacket> packets;
  while (true) {
    const std::size_t end = body.find(kRecordSeparator);
    if (packets.size() == kMaxPayloadPackets) {
      return {Code::kInvalid, "an Engine.IO payload has too many packets"};
    }
    Result<PayloadPacket> packet = decode_payload_packet(body.substr(0, end));
    if (!packet.ok()) {
      return packet.status();
    }
    packets.push_back(std::move(*packet));
    if (end == std::string_view::npos) {
      return packets;
    }
    body.remove_prefix(end + 1);
  }
}

void append_to_payload(std::string& payload, bool binary, std::string_view data) {
  if (!payload.empty()) {
    payload.push_back(kRecordSeparator);
  }
  if (binary) {
    payload.push_back(kBinaryMark);
    base64_append(payload, data);
  } else {
    payload.append(data);
  }
}

std::size_t payload_size(bool binary, std::size_t bytes) {
  return 1 + (binary ? 1 + (bytes + 2) / 3 * 4 : bytes);
}

std::string encode_error(const Error& error) {
  std::string out;
  JsonWriter(out)
      .begin_object()
      .key("code")
      .integer(error.code)
      .key("message")
      .string(error.message)
      .end_object();
  return out;
}

std::string encode_open(const Open& open) {
  std::string out(1, static_cast<char>(Type::kOpen));
  JsonWriter json(out);
  json.begin_object().key("sid").string(open.sid).key("upgrades").begin_array();
  if (open.upgrade_to_websocket) {
    json.string("websocket");
  }
  json.end_array();
  json.key("pingInterval").integer(open.ping_interval_ms);
  json.key("pingTimeout").integer(open.ping_timeout_ms);
  json.key("maxPayload").integer(open.max_payload).end_object();
  return out;
}

}  // namespace securechat::protocol::engine_io
