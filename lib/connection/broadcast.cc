#include "connection/broadcast.h"

#include <string>
#include <utility>

#include "protocol/plain_json.h"
#include "protocol/socket_io.h"

namespace securechat::connection {

std::span<const net::FrameRef> Broadcast::frames(Wire wire) {
  Encoded& encoded = encoded_[static_cast<std::size_t>(wire)];
  if (std::exchange(encoded.done, true)) return encoded.frames;
  std::string text;
  switch (wire) {
    case Wire::kSocketIo:
      protocol::socket_io::encode_event(text, event_);
      encoded.frames = socket_io_frames(text, event_.attachments);
      break;
    case Wire::kPlain:
      if (!event_.attachments.empty()) break;
      protocol::plain_json::encode_event(text, event_);
      encoded.frames.push_back(net::make_frame(net::Opcode::kText, text));
      break;
  }
  return encoded.frames;
}

net::FrameRef socket_io_frame(std::string_view packet) {
  return net::make_frame(net::Opcode::kText, "4", packet);
}

std::vector<net::FrameRef> socket_io_frames(std::string_view packet,
                                            protocol::Attachments attachments) {
  std::vector<net::FrameRef> frames;
  frames.reserve(1 + attachments.size());
  frames.push_back(socket_io_frame(packet));
  for (const std::string_view attachment : attachments) {
    frames.push_back(net::make_frame(net::Opcode::kBinary, attachment));
  }
  return frames;
}

}  // namespace securechat::connection
