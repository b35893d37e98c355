#pragma once

#include <string>
#include <string_view>

#include "base/status.h"
#include "protocol/packet.h"

// Socket.IO protocol v5 over text packets (https://socket.io/docs/v4/socket-io-protocol/), without
// I/O. The Engine.IO type byte in front is engine_io.h's.
namespace securechat::protocol::socket_io {

// Decodes one Socket.IO text packet (without the Engine.IO '4'). The JSON passed the strict gate;
// a reserved event name, a broken ack id, binary packet types or trailing garbage are kInvalid. A
// namespace is at most 256 bytes and loses its query; an event named by a number has its text.
Result<Packet> decode(std::string_view text);

// Each encoder appends one text packet to `out`.
void encode_connect(std::string& out, std::string_view nsp, std::string_view sid,
                    std::string_view pid);
// `data` is JSON text or empty (no data member).
void encode_connect_error(std::string& out, std::string_view nsp, std::string_view message,
                          std::string_view data);
void encode_disconnect(std::string& out, std::string_view nsp);
void encode_event(std::string& out, const OutgoingEvent& event, std::string_view ack_id = {});
void encode_ack(std::string& out, std::string_view nsp, std::string_view ack_id,
                std::string_view args);

// connect, connect_error, disconnect, disconnecting, newListener, removeListener.
[[nodiscard]] bool is_reserved_event(std::string_view event);

}  // namespace securechat::protocol::socket_io
