#include "connection/polling.h"

#include <utility>

#include "protocol/engine_io.h"

namespace securechat::connection {

namespace engine_io = protocol::engine_io;

namespace {

bool is_binary(const net::FrameRef& frame) {
  return frame.opcode() == net::Opcode::kBinary;
}

}  // namespace

bool Polling::push(net::FrameRef frame, std::size_t limit) {
  const std::size_t size = engine_io::payload_size(is_binary(frame), frame.payload().size());
  if (!frames_.empty() && (bytes_ >= limit || size > limit - bytes_)) return false;
  bytes_ += size;
  frames_.push_back(std::move(frame));
  return true;
}

std::string Polling::take_payload() {
  std::string payload;
  payload.reserve(bytes_);
  for (const net::FrameRef& frame : take_frames()) {
    engine_io::append_to_payload(payload, is_binary(frame), frame.payload());
  }
  return payload;
}

std::vector<net::FrameRef> Polling::take_frames() {
  bytes_ = 0;
  return std::exchange(frames_, {});
}

}  // namespace securechat::connection
