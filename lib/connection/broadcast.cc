#include "connection/broadcast.h"

#include <string>

#include "protocol/plain_json.h"
#include "protocol/socket_io.h"

namespace securechat::connection {

const net::FrameRef& Broadcast::frame(Wire wire) {
  net::FrameRef& frame = frames_[static_cast<std::size_t>(wire)];
  if (frame) return frame;
  std::string text;
  switch (wire) {
    case Wire::kSocketIo:
      protocol::socket_io::encode_event(text, event_);
      frame = net::make_frame(net::Opcode::kText, "4", text);
      break;
    case Wire::kPlain:
      protocol::plain_json::encode_event(text, event_);
      frame = net::make_frame(net::Opcode::kText, text);
      break;
  }
  return frame;
}

}  // namespace securechat::connection
