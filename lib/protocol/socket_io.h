#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/json.h"
#include "base/status.h"
#include "protocol/packet.h"

// Socket.IO protocol v5 over text packets (https://socket.io/docs/v4/socket-io-protocol/), without
// I/O. The Engine.IO type byte in front is engine_io.h's.
namespace securechat::protocol::socket_io {

inline constexpr std::size_t kMaxAttachments = 10;

// Decodes one Socket.IO text packet (without the Engine.IO '4'). The JSON passed the strict gate;
// a reserved event name, a broken ack id or trailing garbage are kInvalid. A namespace is at most
// 256 bytes and loses its query; an event named by a number has its text. Of a binary event or
// acknowledgement `attachments_due` says how many binary messages follow: 1 to kMaxAttachments,
// each with exactly one placeholder, in the order of their numbers (CVE-2022-2421); a placeholder
// elsewhere, or anything else than 0, 1, 2, ..., is kInvalid.
Result<Packet> decode(std::string_view text);

// Whether the JSON value holds exactly `count` placeholders, numbered from 0 in the order of the
// text.
[[nodiscard]] bool placeholders_match(std::string_view json, std::size_t count,
                                      const JsonLimits& limits = {});

// Each encoder appends one text packet to `out`.
void encode_connect(std::string& out, std::string_view nsp, std::string_view sid,
                    std::string_view pid);
// `data` is JSON text or empty (no data member).
void encode_connect_error(std::string& out, std::string_view nsp, std::string_view message,
                          std::string_view data);
void encode_disconnect(std::string& out, std::string_view nsp);
// With attachments these are binary packets; the attachments follow, each in a binary message.
void encode_event(std::string& out, const OutgoingEvent& event);
void encode_ack(std::string& out, std::string_view nsp, std::string_view ack_id,
                std::string_view args, std::size_t attachments = 0);

// connect, connect_error, disconnect, disconnecting, newListener, removeListener.
[[nodiscard]] bool is_reserved_event(std::string_view event);

}  // namespace securechat::protocol::socket_io
