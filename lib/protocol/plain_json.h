#pragma once

#include <string>
#include <string_view>

#include "base/status.h"
#include "protocol/packet.h"

// The plain WebSocket protocol securechat.v1 (docs/protocol.md): one JSON object per text frame.
namespace securechat::protocol::plain_json {

inline constexpr std::string_view kSubprotocol = "securechat.v1";

// {"type":"auth",...} becomes kConnect whose data is the object without "type"; {"type":"ack",...}
// becomes kAck, which needs the "ref" of the event that it acknowledges; any other type becomes
// kEvent. The latter two have args [data] ([] when data is absent) and ack = the "ref" (a number or
// a string of at most 64 bytes, echoed exactly). Anything else is kInvalid, also an empty type and
// Socket.IO's reserved event names.
Result<Packet> decode(std::string_view text);

// `user` is JSON text.
void encode_welcome(std::string& out, std::string_view sid, std::string_view user, bool resumed);
// `ref` is JSON text or empty.
void encode_error(std::string& out, std::string_view message, std::string_view code,
                  std::string_view ref = {});
// The first argument becomes "data"; an event without arguments has none. An event that asks for an
// acknowledgement bears its id as "ref".
void encode_event(std::string& out, const OutgoingEvent& event);
void encode_ack(std::string& out, std::string_view ref, std::string_view args);

}  // namespace securechat::protocol::plain_json
