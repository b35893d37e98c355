#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "net/frame.h"

namespace securechat::net {

// Puts the frames that wait for one socket into one piece, so that they leave with one write. The
// members of a room wait for the same frames: what was put together for the last socket is used
// again for the next as long as it waits for the very same, so that a turn's broadcasts are copied
// once, not once for each member.
class Gathering {
 public:
  // More than this is not put together: a frame that is larger goes as it is.
  static constexpr std::size_t kBytes = 65'536;

  // `kept_before` bytes in front of what gather() answers may be overwritten by whoever writes it.
  explicit Gathering(std::size_t kept_before) : kept_before_(kept_before) {}

  // The bytes of the first frames, at least one and as many as fit, and how many those are. Valid
  // until the next call, as long as the frames live.
  struct Gathered {
    std::string_view bytes;
    std::size_t frames;
  };
  [[nodiscard]] Gathered gather(std::span<const FrameRef> frames);
  // Gives up what was put together, at the end of a turn: nobody waits for it any more.
  void clear();

 private:
  [[nodiscard]] bool has(std::span<const FrameRef> frames) const;
  void put_together(std::span<const FrameRef> frames);

  const std::size_t kept_before_;
  std::vector<FrameRef> frames_;  // Whose bytes bytes_ holds, behind kept_before_.
  std::string bytes_;
  bool full_ = false;  // There was one more that did not fit.
};

}  // namespace securechat::net
