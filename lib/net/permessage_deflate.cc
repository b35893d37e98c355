#include "net/permessage_deflate.h"

#include <algorithm>
#include <utility>

#include "base/give_back.h"

namespace securechat::net {

namespace {

constexpr std::size_t kKeptBytes = 4'096;
// A compressed message may be longer than what it stands for, by the heads of its blocks. Above
// this it is made to be: blocks that hold nothing have no end.
constexpr std::size_t kSlack = 1'024;

std::size_t wire_limit(std::size_t size_limit) {
  return size_limit > (SIZE_MAX - kSlack) / 2 ? SIZE_MAX : 2 * size_limit + kSlack;
}

// A limit may be lowered within a message.
std::size_t room_below(std::size_t limit, std::size_t used) {
  return limit - std::min(limit, used);
}

}  // namespace

PermessageDeflate::PermessageDeflate(const DeflateParameters& parameters)
    : parameters_(parameters),
      deflater_(parameters.server_max_window_bits.value_or(kMaxWindowBits),
                !parameters.server_no_context_takeover),
      inflater_(parameters.client_max_window_bits.value_or(kMaxWindowBits),
                !parameters.client_no_context_takeover) {}

// The bit of a message's first frame says whether it is compressed; the others must not have it.
bool PermessageDeflate::begins_well(const FramePiece& piece, bool rsv1) {
  const bool frame_begins = !std::exchange(in_frame_, piece.rest > 0);
  const bool message_begins = !std::exchange(in_message_, !piece.last);
  if (!message_begins) return !frame_begins || !rsv1;
  compressed_ = rsv1;
  taken_ = 0;
  produced_ = 0;
  return true;
}

Inflation PermessageDeflate::inflate(FramePiece& piece, bool rsv1, std::size_t size_limit) {
  if (!begins_well(piece, rsv1)) return Inflation::kReservedBit;
  if (!compressed_) return Inflation::kOk;
  const std::size_t wire_room = room_below(wire_limit(size_limit), taken_);
  if (piece.bytes.size() > wire_room || piece.rest > wire_room - piece.bytes.size()) {
    return Inflation::kTooBig;
  }
  taken_ += piece.bytes.size();
  inflated_.clear();
  const std::size_t room = room_below(size_limit, produced_);
  Inflated result = inflater_.add(piece.bytes, room, inflated_);
  if (result == Inflated::kOk && piece.last) {
    result = inflater_.finish(room - inflated_.size(), inflated_);
  }
  if (result == Inflated::kTooBig) return Inflation::kTooBig;
  if (result == Inflated::kBroken) return Inflation::kBroken;
  produced_ += inflated_.size();
  piece.bytes = inflated_;
  piece.inflated = true;
  return Inflation::kOk;
}

void PermessageDeflate::release() {
  inflated_.clear();
  if (inflated_.capacity() > kKeptBytes) give_back(inflated_);
}

FrameRef PermessageDeflate::deflate(const FrameRef& frame) {
  if (frame.opcode() != Opcode::kText && frame.opcode() != Opcode::kBinary) return frame;
  return make_deflated_frame(frame.opcode(), deflater_.deflate(frame.payload()));
}

}  // namespace securechat::net
