#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
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
// overlooks half a character before an empty last fragment. Takes memory only while a message has
// not come whole: most come in one piece.
class IncomingMessage {
 public:
  Assembly add(const FramePiece& piece, std::size_t size_limit, std::size_t max_fragments);
  // The whole message, until next(). Points into `last`, the piece that made it whole, when that
  // was all of it.
  [[nodiscard]] std::string_view payload(const FramePiece& last) const {
    return parts_ ? std::string_view(parts_->bytes) : last.bytes;
  }
  [[nodiscard]] bool fragmented() const { return parts_ && parts_->fragments > 1; }
  // When the message that has not come whole must have; 0: there is none, or nobody said.
  [[nodiscard]] std::int64_t due_ms() const { return parts_ ? parts_->due_ms : 0; }
  // Only after kPartial.
  void set_due(std::int64_t at_ms) { parts_->due_ms = at_ms; }
  // Forgets the message, so that another may begin.
  void next() { parts_.reset(); }

 private:
  struct Parts {
    std::string bytes;
    std::size_t fragments = 0;
    std::int64_t due_ms = 0;
    Utf8Checker utf8;
  };
  static Assembly add_whole(const FramePiece& piece, std::size_t size_limit,
                            std::size_t max_fragments);

  std::unique_ptr<Parts> parts_;  // Null before the first piece, and when that is the last.
};

}  // namespace securechat::net
