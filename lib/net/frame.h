#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>

namespace securechat::net {

enum class Opcode : std::uint8_t { kText = 1, kBinary = 2, kClose = 8, kPing = 9, kPong = 10 };

class FrameRef;

// One encoded frame in one allocation: this head, then the bytes. Made and shared by FrameRef.
class Frame {
 public:
  [[nodiscard]] std::string_view bytes() const { return {data(), header_size_ + payload_size_}; }
  [[nodiscard]] std::string_view payload() const { return bytes().substr(header_size_); }
  [[nodiscard]] Opcode opcode() const { return opcode_; }
  // `bits` are FIN and RSV1 to RSV3, as they stand in the first byte.
  static FrameRef make(Opcode opcode, std::string_view prefix, std::string_view payload,
                       unsigned bits);

 private:
  friend class FrameRef;
  Frame(Opcode opcode, std::size_t payload_size) : payload_size_(payload_size), opcode_(opcode) {}
  [[nodiscard]] const char* data() const { return reinterpret_cast<const char*>(this + 1); }
  char* data() { return reinterpret_cast<char*>(this + 1); }
  void write_header(unsigned bits);
  void destroy();

  std::size_t references_ = 1;
  std::size_t payload_size_;
  std::uint8_t header_size_ = 0;
  Opcode opcode_;
};

// A counted reference to a frame. The count is not atomic: a frame belongs to the shard that made
// it, and every outbox that shares it is of that shard. Between shards the payload travels, never
// the frame.
class FrameRef {
 public:
  FrameRef() = default;
  FrameRef(const FrameRef& other) : frame_(other.frame_) {
    if (frame_ != nullptr) ++frame_->references_;
  }
  FrameRef(FrameRef&& other) noexcept : frame_(std::exchange(other.frame_, nullptr)) {}
  FrameRef& operator=(FrameRef other) noexcept {
    std::swap(frame_, other.frame_);
    return *this;
  }
  ~FrameRef() {
    if (frame_ != nullptr && --frame_->references_ == 0) frame_->destroy();
  }

  explicit operator bool() const { return frame_ != nullptr; }
  // Whether both refer to the same frame.
  friend bool operator==(const FrameRef&, const FrameRef&) = default;
  // The whole frame as it goes on the wire: header of RFC 6455 section 5.2, unmasked, then payload.
  [[nodiscard]] std::string_view bytes() const { return frame_->bytes(); }
  [[nodiscard]] std::string_view payload() const { return frame_->payload(); }
  [[nodiscard]] Opcode opcode() const { return frame_->opcode(); }

 private:
  friend class Frame;
  explicit FrameRef(Frame* frame) : frame_(frame) {}
  Frame* frame_ = nullptr;
};

// Builds an unfragmented server frame in one allocation: count, header and payload.
[[nodiscard]] FrameRef make_frame(Opcode opcode, std::string_view payload);
// The same from two parts, so that a prefix (Engine.IO's type byte) needs no copy of its own.
[[nodiscard]] FrameRef make_frame(Opcode opcode, std::string_view prefix, std::string_view payload);
// A message whose payload permessage-deflate has made: RSV1 is set (RFC 7692 section 6.1).
[[nodiscard]] FrameRef make_deflated_frame(Opcode opcode, std::string_view payload);
// Stands for a close frame without a status code, and is itself never sent (RFC 6455
// section 7.4.1).
inline constexpr std::uint16_t kNoStatusCode = 1005;

// A close frame (RFC 6455 section 5.5.1); the reason is cut to 123 bytes at a code point border.
[[nodiscard]] FrameRef make_close_frame(std::uint16_t code, std::string_view reason);

// The status code that answers a peer's close frame with this payload: its own, 1002 when it may
// not be sent (section 7.4), 1007 when the reason is not UTF-8, and none for none.
[[nodiscard]] std::uint16_t answer_to_close(std::string_view payload);

}  // namespace securechat::net
