#pragma once

#include <cstdint>
#include <string>
#include <string_view>

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
