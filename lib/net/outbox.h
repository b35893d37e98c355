#pragma once

#include <cstddef>
#include <span>
#include <utility>
#include <vector>

#include "net/frame.h"

namespace securechat::net {

// What waits to be written to one socket: shared frames in order, bounded in bytes. Knows nothing
// of sockets, so that it is tested alone.
class Outbox {
 public:
  // False, without taking the frame, when more than `limit` bytes would wait; a frame larger than
  // the limit is still taken when nothing waits.
  bool push(FrameRef& frame, std::size_t limit) {
    const std::size_t size = frame.bytes().size();
    if (waiting() > 0 && (waiting() > limit || size > limit - waiting())) return false;
    if (frames_.empty() && !only_) {
      only_ = std::move(frame);
    } else {
      add_more(frame);
    }
    bytes_ += size;
    return true;
  }
  [[nodiscard]] bool empty() const { return bytes_ == 0; }
  // Bytes that are not on the wire yet, those that were handed over included.
  [[nodiscard]] std::size_t waiting() const { return bytes_ + handed_; }

  // What is to be written next, in order.
  [[nodiscard]] std::span<const FrameRef> frames() const {
    if (frames_.empty()) return {&only_, only_ ? std::size_t{1} : std::size_t{0}};
    return std::span(frames_).subspan(first_);
  }
  // Takes the first `count` frames away: they were written.
  void consume(std::size_t count);
  void clear();
  // Bytes that another holds until the wire takes them.
  void set_handed(std::size_t bytes) { handed_ = bytes; }

 private:
  void add_more(FrameRef& frame);

  // One frame waits here, and nearly always it is the only one: an idle socket, which is sent a
  // frame now and then, owns no memory. Several wait in a vector with an index instead of
  // std::deque, which holds half a kilobyte when it is empty.
  FrameRef only_;
  std::vector<FrameRef> frames_;
  std::size_t first_ = 0;  // The frames before it are written.
  std::size_t bytes_ = 0;
  std::size_t handed_ = 0;
};

}  // namespace securechat::net
