#pragma once

#include <zlib.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

// The coder of permessage-deflate (RFC 7692 section 7.2): raw DEFLATE, each message ended at a byte
// border by an empty stored block whose last four bytes stay off the wire. Knows nothing of frames.
// Only memory can be short; that is std::bad_alloc, as everywhere.
namespace securechat::net {

inline constexpr int kMinWindowBits = 8;
inline constexpr int kMaxWindowBits = 15;

class Deflater {
 public:
  // Without context takeover each message stands for itself.
  Deflater(int window_bits, bool context_takeover);
  ~Deflater();
  Deflater(const Deflater&) = delete;
  Deflater& operator=(const Deflater&) = delete;

  // The payload of one message, as it goes on the wire.
  [[nodiscard]] std::string deflate(std::string_view message);
  // What follows refers to nothing before it: for when the last message never reached the peer.
  void forget();

 private:
  z_stream stream_ = {};
  const bool context_takeover_;
};

enum class Inflated : std::uint8_t { kOk, kTooBig, kBroken };

class Inflater {
 public:
  Inflater(int window_bits, bool context_takeover);
  ~Inflater();
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;

  // Appends to `out` what a part of a message stands for. More than `room` bytes are kTooBig; it
  // stops there, so that little more than that is ever held.
  Inflated add(std::string_view deflated, std::size_t room, std::string& out);
  // The end of a message: kBroken when the part before it stopped inside of something.
  Inflated finish(std::size_t room, std::string& out);

 private:
  Inflated run(std::string_view deflated, int flush, std::size_t room, std::string& out);

  z_stream stream_ = {};
  const bool context_takeover_;
  bool ended_ = false;  // The last byte of the message so far ended a block that was marked final.
};

}  // namespace securechat::net
