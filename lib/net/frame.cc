#include "net/frame.h"

#include <array>
#include <cstring>
#include <new>

#include "base/text.h"

namespace securechat::net {

namespace {

constexpr std::size_t kMaxReason = 123;
constexpr unsigned kFin = 0x80;
constexpr unsigned kRsv1 = 0x40;

// The longest prefix of at most kMaxReason bytes that ends at a code point border.
std::string_view cut_reason(std::string_view reason) {
  if (reason.size() <= kMaxReason) return reason;
  std::size_t end = kMaxReason;
  while (end > 0 && (static_cast<unsigned char>(reason[end]) & 0xC0U) == 0x80U) --end;
  return reason.substr(0, end);
}

// Those of section 7.4.1 and of the registry it founds, of libraries and of applications.
bool may_be_sent(std::uint16_t code) {
  const bool reserved = code == 1004 || code == 1005 || code == 1006;
  return (code >= 1000 && code <= 1014 && !reserved) || (code >= 3000 && code <= 4999);
}

}  // namespace

void Frame::destroy() {
  this->~Frame();
  ::operator delete(this);
}

void Frame::write_header(unsigned bits) {
  char* out = data();
  out[0] = static_cast<char>(bits | static_cast<unsigned>(opcode_));
  std::size_t length_bytes = 0;
  if (payload_size_ < 126) {
    out[1] = static_cast<char>(payload_size_);
  } else if (payload_size_ <= 0xFFFF) {
    out[1] = 126;
    length_bytes = 2;
  } else {
    out[1] = 127;
    length_bytes = 8;
  }
  for (std::size_t i = 0; i < length_bytes; ++i) {
    out[2 + i] = static_cast<char>(payload_size_ >> (8 * (length_bytes - 1 - i)) & 0xFFU);
  }
  header_size_ = static_cast<std::uint8_t>(2 + length_bytes);
}

FrameRef Frame::make(Opcode opcode, std::string_view prefix, std::string_view payload,
                     unsigned bits) {
  const std::size_t size = prefix.size() + payload.size();
  void* memory = ::operator new(sizeof(Frame) + 10 + size);
  auto* frame = new (memory) Frame(opcode, size);
  frame->write_header(bits);
  char* out = frame->data() + frame->header_size_;
  if (!prefix.empty()) std::memcpy(out, prefix.data(), prefix.size());
  if (!payload.empty()) std::memcpy(out + prefix.size(), payload.data(), payload.size());
  return FrameRef(frame);
}

FrameRef make_frame(Opcode opcode, std::string_view payload) {
  return Frame::make(opcode, {}, payload, kFin);
}

FrameRef make_frame(Opcode opcode, std::string_view prefix, std::string_view payload) {
  return Frame::make(opcode, prefix, payload, kFin);
}

FrameRef make_deflated_frame(Opcode opcode, std::string_view payload) {
  return Frame::make(opcode, {}, payload, kFin | kRsv1);
}

FrameRef make_close_frame(std::uint16_t code, std::string_view reason) {
  if (code == kNoStatusCode) return Frame::make(Opcode::kClose, {}, {}, kFin);
  const std::array<char, 2> bytes = {static_cast<char>(code >> 8U),
                                     static_cast<char>(code & 0xFFU)};
  return Frame::make(Opcode::kClose, {bytes.data(), bytes.size()}, cut_reason(reason), kFin);
}

std::uint16_t answer_to_close(std::string_view payload) {
  constexpr std::uint16_t kProtocolError = 1002;
  constexpr std::uint16_t kBadText = 1007;
  if (payload.empty()) return kNoStatusCode;
  if (payload.size() == 1) return kProtocolError;
  const auto code = static_cast<std::uint16_t>(static_cast<unsigned char>(payload[0]) << 8U |
                                               static_cast<unsigned char>(payload[1]));
  if (!may_be_sent(code)) return kProtocolError;
  return is_utf8(payload.substr(2)) ? code : kBadText;
}

}  // namespace securechat::net
