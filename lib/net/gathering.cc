#include "net/gathering.h"

#include <algorithm>

#include "base/give_back.h"

namespace securechat::net {

Gathering::Gathered Gathering::gather(std::span<const FrameRef> frames) {
  if (!has(frames)) put_together(frames);
  return {std::string_view(bytes_).substr(kept_before_), frames_.size()};
}

// Who waits for more than the last one did would get less than it could, unless no more fits.
bool Gathering::has(std::span<const FrameRef> frames) const {
  if (frames_.empty() || frames.size() < frames_.size()) return false;
  return (full_ || frames.size() == frames_.size()) &&
         std::equal(frames_.begin(), frames_.end(), frames.begin());
}

void Gathering::put_together(std::span<const FrameRef> frames) {
  frames_.clear();
  full_ = false;
  bytes_.assign(kept_before_, '\0');
  for (const FrameRef& frame : frames) {
    const std::string_view bytes = frame.bytes();
    full_ = !frames_.empty() && bytes_.size() - kept_before_ + bytes.size() > kBytes;
    if (full_) break;
    frames_.push_back(frame);
    bytes_.append(bytes);
  }
}

void Gathering::clear() {
  frames_.clear();
  if (bytes_.capacity() > 2 * kBytes) give_back(bytes_);
}

}  // namespace securechat::net
