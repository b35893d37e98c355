#pragma once

#include <array>
#include <span>
#include <string_view>
#include <vector>

#include "connection/connection.h"
#include "net/frame.h"
#include "protocol/packet.h"

namespace securechat::connection {

// One event for many recipients: encoded and framed at most once per wire, when the first
// recipient of that wire asks, and shared by reference among all of them.
class Broadcast {
 public:
  // Borrows the event for its own life.
  explicit Broadcast(const protocol::OutgoingEvent& event) : event_(event) {}

  // The frames in the order in which they are sent: the event, then its attachments. None where the
  // wire has no way to say it: the plain protocol carries text only.
  [[nodiscard]] std::span<const net::FrameRef> frames(Wire wire);

 private:
  struct Encoded {
    bool done = false;
    std::vector<net::FrameRef> frames;
  };
  protocol::OutgoingEvent event_;
  std::array<Encoded, kWireCount> encoded_;
};

// An Engine.IO message that carries a Socket.IO packet.
[[nodiscard]] net::FrameRef socket_io_frame(std::string_view packet);
// The same, and the binary messages that follow it.
[[nodiscard]] std::vector<net::FrameRef> socket_io_frames(std::string_view packet,
                                                          protocol::Attachments attachments);

}  // namespace securechat::connection
