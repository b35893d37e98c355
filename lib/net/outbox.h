#pragma once

#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

#include "net/frame.h"

namespace securechat::net {

// What waits to be written to one socket: shared frames in order, bounded in bytes. Knows nothing
// of sockets, so that it is tested alone.
class Outbox {
 public:
  explicit Outbox(std::size_t limit_bytes) : limit_(limit_bytes) {}

  // False, without keeping the frame, when it would exceed the limit; a frame larger than the
  // limit is still taken into an empty outbox.
  bool push(FrameRef frame);
  [[nodiscard]] bool empty() const { return first_ == frames_.size(); }
  [[nodiscard]] std::size_t bytes() const { return bytes_; }
  [[nodiscard]] std::size_t frames() const { return frames_.size() - first_; }
  [[nodiscard]] std::size_t limit() const { return limit_; }

  // Views of what is to be written next, at most `views.size()`; answers how many were filled.
  std::size_t gather(std::span<std::string_view> views) const;
  // Takes `bytes` from the front, which were written.
  void consume(std::size_t bytes);
  // Forgets all frames but the one that is partly written.
  void drop_unsent();
  void set_limit(std::size_t bytes) { limit_ = bytes; }

 private:
  void forget_written();

  // A vector with an index instead of std::deque, which holds half a kilobyte when it is empty: an
  // idle socket owns no memory here.
  std::vector<FrameRef> frames_;
  std::size_t first_ = 0;   // The frames before it are written.
  std::size_t offset_ = 0;  // Bytes of the front frame that are already written.
  std::size_t bytes_ = 0;
  std::size_t limit_;
};

}  // namespace securechat::net
