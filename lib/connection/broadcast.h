#pragma once

#include <array>
#include <cstddef>

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

  [[nodiscard]] const net::FrameRef& frame(Wire wire);

 private:
  protocol::OutgoingEvent event_;
  std::array<net::FrameRef, kWireCount> frames_;
};

}  // namespace securechat::connection
