#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>

namespace securechat::net {

enum class Opcode : std::uint8_t { kText = 1, kBinary = 2, kClose = 8, kPing = 9, kPong = 10 };

class Frame;

// A counted reference to one encoded frame. The count is not atomic: a frame belongs to the shard
// that made it, and every outbox that shares it is of that shard. Between shards the payload
// travels, never the frame.
class FrameRef {
 public:
  FrameRef() = default;
  FrameRef(const FrameRef& other);
  FrameRef(FrameRef&& other) noexcept : frame_(std::exchange(other.frame_, nullptr)) {}
  FrameRef& operator=(FrameRef other) noexcept {
    std::swap(frame_, other.frame_);
    return *this;
  }
  ~FrameRef();

  explicit operator bool() const { return frame_ != nullptr; }
  // The whole frame as it goes on the wire: header of RFC 6455 section 5.2, unmasked, then payload.
  [[nodiscard]] std::string_view bytes() const;
  [[nodiscard]] std::string_view payload() const;
  [[nodiscard]] Opcode opcode() const;

 private:
  friend class Frame;
  explicit FrameRef(Frame* frame) : frame_(frame) {}
  Frame* frame_ = nullptr;
};

// Builds an unfragmented server frame in one allocation: count, header and payload.
[[nodiscard]] FrameRef make_frame(Opcode opcode, std::string_view payload);
// The same from two parts, so that a prefix (Engine.IO's type byte) needs no copy of its own.
[[nodiscard]] FrameRef make_frame(Opcode opcode, std::string_view prefix, std::string_view payload);
// Stands for a close frame without a status code, and is itself never sent (RFC 6455
// section 7.4.1).
inline constexpr std::uint16_t kNoStatusCode = 1005;

// A close frame (RFC 6455 section 5.5.1); the reason is cut to 123 bytes at a code point border.
[[nodiscard]] FrameRef make_close_frame(std::uint16_t code, std::string_view reason);

// The status code that answers a peer's close frame with this payload: its own, 1002 when it may
// not be sent (section 7.4), 1007 when the reason is not UTF-8, and none for none.
[[nodiscard]] std::uint16_t answer_to_close(std::string_view payload);

}  // namespace securechat::net
