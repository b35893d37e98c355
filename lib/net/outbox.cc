#include "net/outbox.h"

#include <algorithm>
#include <utility>

namespace securechat::net {

namespace {
constexpr std::size_t kKeptCapacity = 16;
}  // namespace

bool Outbox::push(FrameRef frame) {
  const std::size_t size = frame.bytes().size();
  if (!empty() && (bytes_ > limit_ || size > limit_ - bytes_)) return false;
  frames_.push_back(std::move(frame));
  bytes_ += size;
  return true;
}

std::size_t Outbox::gather(std::span<std::string_view> views) const {
  const std::size_t count = std::min(views.size(), frames());
  for (std::size_t i = 0; i < count; ++i) views[i] = frames_[first_ + i].bytes();
  if (count > 0) views[0].remove_prefix(offset_);
  return count;
}

void Outbox::consume(std::size_t bytes) {
  bytes = std::min(bytes, bytes_);
  bytes_ -= bytes;
  while (bytes > 0) {
    const std::size_t rest = frames_[first_].bytes().size() - offset_;
    if (bytes < rest) {
      offset_ += bytes;
      break;
    }
    bytes -= rest;
    offset_ = 0;
    frames_[first_++] = FrameRef();
  }
  forget_written();
}

void Outbox::drop_unsent() {
  if (empty()) return;
  const std::size_t kept = offset_ > 0 ? 1 : 0;
  frames_.resize(first_ + kept);
  bytes_ = kept == 0 ? 0 : frames_[first_].bytes().size() - offset_;
  forget_written();
}

// Keeps the vector short: an empty outbox gives its memory back, a long one moves its frames to
// the front once half of it is written.
void Outbox::forget_written() {
  if (empty()) {
    frames_.clear();
    first_ = 0;
    if (frames_.capacity() > kKeptCapacity) frames_.shrink_to_fit();
  } else if (first_ > 64 && first_ * 2 > frames_.size()) {
    frames_.erase(frames_.begin(), frames_.begin() + static_cast<std::ptrdiff_t>(first_));
    first_ = 0;
  }
}

}  // namespace securechat::net
