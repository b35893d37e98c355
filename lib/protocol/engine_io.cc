#include "protocol/engine_io.h"

#include "base/json.h"

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
