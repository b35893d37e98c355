#include "net/incoming_message.h"

#include <algorithm>

#include "base/give_back.h"

namespace securechat::net {

namespace {
// Most connections say something long once, when they join, and keep no memory for it.
constexpr std::size_t kKeptBytes = 256;
}  // namespace

Assembly IncomingMessage::add(const FramePiece& piece, std::size_t size_limit,
                              std::size_t max_fragments) {
  const std::size_t room = size_limit - std::min(size_limit, gathered_.size());
  if (piece.bytes.size() > room || (!piece.inflated && piece.rest > room - piece.bytes.size())) {
    return Assembly::kTooBig;
  }
  if (piece.text && !utf8_.add(piece.bytes)) return Assembly::kNotUtf8;
  if (piece.rest == 0) ++fragments_;
  if (fragments_ > max_fragments) return Assembly::kTooManyFragments;
  if (piece.last && gathered_.empty()) {
    whole_ = piece.bytes;
  } else {
    gathered_.append(piece.bytes);
    if (!piece.last) return Assembly::kPartial;
    whole_ = gathered_;
  }
  return piece.text && !utf8_.complete() ? Assembly::kNotUtf8 : Assembly::kWhole;
}

void IncomingMessage::next() {
  gathered_.clear();
  if (gathered_.capacity() > kKeptBytes) give_back(gathered_);
  whole_ = {};
  fragments_ = 0;
  utf8_ = Utf8Checker();
}

}  // namespace securechat::net
