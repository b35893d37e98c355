#include "net/incoming_message.h"

#include <algorithm>

namespace securechat::net {

namespace {

// What a piece declares must fit: nothing is gathered of a message that will be too big.
bool fits(const FramePiece& piece, std::size_t room) {
  return piece.bytes.size() <= room && (piece.inflated || piece.rest <= room - piece.bytes.size());
}

}  // namespace

Assembly IncomingMessage::add(const FramePiece& piece, std::size_t size_limit,
                              std::size_t max_fragments) {
  if (!parts_ && piece.last) return add_whole(piece, size_limit, max_fragments);
  if (!parts_) parts_ = std::make_unique<Parts>();
  Parts& parts = *parts_;
  if (!fits(piece, size_limit - std::min(size_limit, parts.bytes.size()))) return Assembly::kTooBig;
  if (piece.text && !parts.utf8.add(piece.bytes)) return Assembly::kNotUtf8;
  if (piece.rest == 0) ++parts.fragments;
  if (parts.fragments > max_fragments) return Assembly::kTooManyFragments;
  parts.bytes.append(piece.bytes);
  if (!piece.last) return Assembly::kPartial;
  return piece.text && !parts.utf8.complete() ? Assembly::kNotUtf8 : Assembly::kWhole;
}

Assembly IncomingMessage::add_whole(const FramePiece& piece, std::size_t size_limit,
                                    std::size_t max_fragments) {
  if (!fits(piece, size_limit)) return Assembly::kTooBig;
  Utf8Checker utf8;
  if (piece.text && !utf8.add(piece.bytes)) return Assembly::kNotUtf8;
  if (max_fragments == 0) return Assembly::kTooManyFragments;
  return piece.text && !utf8.complete() ? Assembly::kNotUtf8 : Assembly::kWhole;
}

}  // namespace securechat::net
