#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

// What a server under test wants to hear, and what it says.
namespace securechat::bench {

enum class Dialect : std::uint8_t {
  kPlain,     // securechat.v1
  kSocketIo,  // Socket.IO v5 over Engine.IO v4 over WebSocket.
  kBare,      // The plain protocol's objects, without a subprotocol and without authentication.
};

[[nodiscard]] std::optional<Dialect> dialect_named(std::string_view name);
[[nodiscard]] std::string_view websocket_path(Dialect dialect);
[[nodiscard]] std::string_view subprotocol(Dialect dialect);

// The first message of a client; empty when it is let in without one.
[[nodiscard]] std::string join_message(Dialect dialect, std::string_view token);
// Whether it waits for the server's first word before it says that.
[[nodiscard]] bool waits_for_open(Dialect dialect);

// An event with an object of arguments as JSON text; `ref` asks for an acknowledgement when it is
// not 0.
struct OutgoingEvent {
  std::string_view name;
  std::string_view args;
  std::uint32_t ref = 0;
};
void append_event(std::string& out, Dialect dialect, const OutgoingEvent& event);

enum class Heard : std::uint8_t {
  kOpen,     // Engine.IO's greeting.
  kJoined,   // Let in.
  kRefused,  // Not let in, or an error.
  kPing,     // Engine.IO's heartbeat.
  kMessage,  // A chat message.
  kAck,
  kOther,
};
struct Incoming {
  Heard heard;
  std::uint32_t ref = 0;  // kAck
  bool ok = false;        // kAck
};
[[nodiscard]] Incoming understand(Dialect dialect, std::string_view payload);

}  // namespace securechat::bench
