#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "net/deflate.h"
#include "net/deflate_offer.h"
#include "net/frame.h"
#include "net/incoming_message.h"

namespace securechat::net {

// What became of a piece of a frame.
enum class Inflation : std::uint8_t { kOk, kTooBig, kBroken, kReservedBit };

// permessage-deflate on one WebSocket: which messages are compressed, and both coders.
class PermessageDeflate {
 public:
  explicit PermessageDeflate(const DeflateParameters& parameters);

  [[nodiscard]] const DeflateParameters& parameters() const { return parameters_; }

  // Replaces the bytes of a compressed message's piece by those it stands for, which are valid
  // until release(). Pieces come in the order of the wire, `rsv1` of the frame that each is of.
  Inflation inflate(FramePiece& piece, bool rsv1, std::size_t size_limit);
  void release();

  // The frame that carries a message to this peer; control frames are left as they are. Every
  // frame made here must be sent, in this order, or forget_sent() called.
  FrameRef deflate(const FrameRef& frame);
  void forget_sent() { deflater_.forget(); }

 private:
  [[nodiscard]] bool begins_well(const FramePiece& piece, bool rsv1);

  const DeflateParameters parameters_;
  Deflater deflater_;
  Inflater inflater_;
  std::string inflated_;
  std::size_t taken_ = 0;     // Of the message, as it came.
  std::size_t produced_ = 0;  // Of the message, inflated.
  bool in_message_ = false;
  bool in_frame_ = false;
  bool compressed_ = false;
};

}  // namespace securechat::net
