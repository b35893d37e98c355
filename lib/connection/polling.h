#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "net/frame.h"
#include "net/transport.h"

namespace securechat::connection {

// HTTP long-polling as a transport: what waits for the next poll, and the requests that wait for
// us. A peer has one GET and one POST under way at a time.
class Polling {
 public:
  // False, without keeping the frame, over `limit` bytes of payload; one frame is always taken.
  bool push(net::FrameRef frame, std::size_t limit);
  [[nodiscard]] bool empty() const { return frames_.empty(); }
  // Everything that waits as the body of one answer.
  [[nodiscard]] std::string take_payload();
  // The same as frames, for the transport that comes after this one.
  [[nodiscard]] std::vector<net::FrameRef> take_frames();

  std::optional<net::ExchangeId> get;   // The poll that waits for something to be said.
  std::optional<net::ExchangeId> post;  // The POST whose body is being read.

 private:
  std::vector<net::FrameRef> frames_;
  std::size_t bytes_ = 0;
};

}  // namespace securechat::connection
