#include "net/outbox.h"

#include <cstddef>
#include <utility>

namespace securechat::net {

namespace {

constexpr std::size_t kKeptCapacity = 32;
constexpr std::size_t kMaxWritten = 64;

}  // namespace

void Outbox::add_more(FrameRef& frame) {
  if (only_) {
    frames_.reserve(2);
    frames_.push_back(std::move(only_));
  }
  frames_.push_back(std::move(frame));
}

// Keeps the vector short: an empty outbox gives its memory back, a long one moves its frames to the
// front once half of it is written.
void Outbox::consume(std::size_t count) {
  if (count >= frames().size()) {
    clear();
    return;
  }
  for (; count > 0; --count) {
    bytes_ -= frames_[first_].bytes().size();
    frames_[first_++] = FrameRef();
  }
  if (first_ > kMaxWritten && first_ * 2 > frames_.size()) {
    frames_.erase(frames_.begin(), frames_.begin() + static_cast<std::ptrdiff_t>(first_));
    first_ = 0;
  }
}

void Outbox::clear() {
  only_ = FrameRef();
  frames_.clear();
  first_ = 0;
  bytes_ = 0;
  if (frames_.capacity() > kKeptCapacity) frames_.shrink_to_fit();
}

}  // namespace securechat::net
