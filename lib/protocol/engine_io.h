#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

// Engine.IO protocol v4 (https://socket.io/docs/v4/engine-io-protocol/), without I/O.
namespace securechat::protocol::engine_io {

enum class Type : char {
  kOpen = '0',
  kClose = '1',
  kPing = '2',
  kPong = '3',
  kMessage = '4',
  kUpgrade = '5',
  kNoop = '6',
};

struct TextPacket {
  Type type = Type::kMessage;
  std::string_view data;  // Borrowed from the decoded frame.
};

// One WebSocket text frame is one packet.
Result<TextPacket> decode(std::string_view frame);

// What one HTTP payload of long-polling carries: packets joined by the record separator 0x1e,
// binary messages as 'b' and base64
// (https://socket.io/docs/v4/engine-io-protocol/#packet-encoding).
inline constexpr char kRecordSeparator = '\x1e';
inline constexpr std::size_t kMaxPayloadPackets = 64;

struct PayloadPacket {
  bool binary = false;
  std::string data;  // A text packet with its type byte, or the bytes of a binary message.
};
// At most kMaxPayloadPackets; an empty packet, broken base64 or invalid UTF-8 is kInvalid.
Result<std::vector<PayloadPacket>> decode_payload(std::string_view body);
// Appends one packet to a payload: a text packet with its type byte, or the bytes of a binary one.
void append_to_payload(std::string& payload, bool binary, std::string_view data);
// How many bytes append_to_payload() adds to a payload that is not empty.
[[nodiscard]] std::size_t payload_size(bool binary, std::size_t bytes);

// The errors of the handshake (engine.io, Server.errors): HTTP 400 (403 for kForbidden) with the
// body {"code":..,"message":..}.
struct Error {
  int code;
  std::string_view message;
};
inline constexpr Error kUnknownTransport{0, "Transport unknown"};
inline constexpr Error kUnknownSession{1, "Session ID unknown"};
inline constexpr Error kBadHandshakeMethod{2, "Bad handshake method"};
inline constexpr Error kBadRequest{3, "Bad request"};
inline constexpr Error kForbidden{4, "Forbidden"};
inline constexpr Error kUnsupportedVersion{5, "Unsupported protocol version"};
[[nodiscard]] std::string encode_error(const Error& error);

// What a server announces first.
struct Open {
  std::string_view sid;
  bool upgrade_to_websocket = false;
  std::int64_t ping_interval_ms = 25'000;
  std::int64_t ping_timeout_ms = 20'000;
  std::int64_t max_payload = 1'000'000;
};
[[nodiscard]] std::string encode_open(const Open& open);

}  // namespace securechat::protocol::engine_io
