#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/utf8_checker.h"

namespace securechat::net {

// A part of a data frame's payload, in the order of the wire.
struct FramePiece {
  std::string_view bytes;
  std::size_t rest = 0;   // Of the frame's payload, still to come.
  bool text = false;      // What kind of message it belongs to.
  bool last = false;      // Nothing of the message follows.
  bool inflated = false;  // `rest` counts compressed bytes, of which the size cannot be told.
};

// What a piece has made of the message.
enum class Assembly : std::uint8_t { kPartial, kWhole, kTooBig, kTooManyFragments, kNotUtf8 };

// Puts the messages of one WebSocket together, within limits. The size is decided on the length
// that a frame declares, and text is checked as it comes: libwebsockets 4.1 checks pongs too, and
// overlooks half a character before an empty last fragment.
class IncomingMessage {
 public:
  Assembly add(const FramePiece& piece, std::size_t size_limit, std::size_t max_fragments);
  // The whole message, until next(). Points into the last piece when that was all of it.
  [[nodiscard]] std::string_view payload() const { return whole_; }
  [[nodiscard]] bool fragmented() const { return fragments_ > 1; }
  // Forgets the message, so that another may begin.
  void next();

 private:
  std::string gathered_;
  std::string_view whole_;
  std::size_t fragments_ = 0;
  Utf8Checker utf8_;
};

}  // namespace securechat::net
