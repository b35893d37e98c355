#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

// WebSocket as a client speaks it (RFC 6455), without I/O.
namespace securechat::bench {

enum class FrameType : std::uint8_t { kText = 1, kBinary = 2, kClose = 8, kPing = 9, kPong = 10 };

// Appends one masked frame.
void append_frame(std::string& out, FrameType type, std::string_view payload, std::uint32_t mask);

struct ServerFrame {
  FrameType type;
  std::string_view payload;
  std::size_t bytes;  // Of the whole frame.
};
enum class FrameFault { kNone, kIncomplete, kBroken };
// Reads the frame at the front. A fragment counts as broken: no server under test sends any.
[[nodiscard]] FrameFault read_frame(std::string_view data, ServerFrame& frame);

struct UpgradeRequest {
  std::string_view host;
  std::string_view path;
  std::string_view subprotocol;  // Empty: none.
  std::string_view origin;       // Empty: none.
};
[[nodiscard]] std::string upgrade_request(const UpgradeRequest& request);

struct HttpAnswer {
  int status = 0;
  std::size_t bytes = 0;  // Of head and body.
  bool closes = false;
};
// Reads an answer whose body has a Content-Length or none; nothing while it is incomplete.
[[nodiscard]] std::optional<HttpAnswer> read_answer(std::string_view data);

}  // namespace securechat::bench
