#include "net/deflate.h"

#include <algorithm>
#include <array>
#include <new>

namespace securechat::net {

namespace {

constexpr int kMemoryLevel = 8;
constexpr std::size_t kStep = 16'384;
constexpr std::size_t kMaxInput = std::size_t{1} << 30U;  // zlib counts in 32 bits.
constexpr std::string_view kTail("\0\0\xFF\xFF", 4);
// An empty message: the begin of an empty stored block (RFC 7692 section 7.2.3.6).
constexpr std::string_view kEmptyMessage("\0", 1);

// What inflate() leaves in data_type.
constexpr int kAfterBlock = 128;
constexpr int kFinalBlock = 64;
constexpr int kUnusedBits = 63;

using Step = std::array<char, kStep>;

void give_input(z_stream& stream, std::string_view& bytes) {
  const std::size_t size = std::min(bytes.size(), kMaxInput);
  // zlib does not write there; its type is older than const.
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(size);
  bytes.remove_prefix(size);
}

void give_room(z_stream& stream, Step& step) {
  stream.next_out = reinterpret_cast<Bytef*>(step.data());
  stream.avail_out = static_cast<uInt>(step.size());
}

}  // namespace

// ---------------------------------------------------------------- deflating

// zlib refuses a raw window of 256 bytes. With one of 512 it refers at most 250 bytes back, because
// it keeps 262 in hand, so that the peer's 256 suffice.
Deflater::Deflater(int window_bits, bool context_takeover) : context_takeover_(context_takeover) {
  if (deflateInit2(&stream_, Z_DEFAULT_COMPRESSION, Z_DEFLATED, -std::max(window_bits, 9),
                   kMemoryLevel, Z_DEFAULT_STRATEGY) != Z_OK) {
    throw std::bad_alloc();
  }
}

Deflater::~Deflater() {
  deflateEnd(&stream_);
}

std::string Deflater::deflate(std::string_view message) {
  if (message.empty()) return std::string(kEmptyMessage);
  std::string out;
  Step step;
  do {
    give_input(stream_, message);
    do {
      give_room(stream_, step);
      ::deflate(&stream_, message.empty() ? Z_SYNC_FLUSH : Z_NO_FLUSH);
      out.append(step.data(), step.size() - stream_.avail_out);
    } while (stream_.avail_out == 0);
  } while (!message.empty());
  out.resize(out.size() - kTail.size());
  if (!context_takeover_) forget();
  return out;
}

void Deflater::forget() {
  deflateReset(&stream_);
}

// ---------------------------------------------------------------- inflating

Inflater::Inflater(int window_bits, bool context_takeover) : context_takeover_(context_takeover) {
  if (inflateInit2(&stream_, -window_bits) != Z_OK) throw std::bad_alloc();
}

Inflater::~Inflater() {
  inflateEnd(&stream_);
}

Inflated Inflater::add(std::string_view deflated, std::size_t room, std::string& out) {
  if (deflated.empty()) return Inflated::kOk;
  return run(deflated, Z_NO_FLUSH, room, out);
}

// Who cannot flush ends the message with a final block instead, and should let a byte 0 follow
// (section 7.2.3.4). Where it is missing nothing is due.
Inflated Inflater::finish(std::size_t room, std::string& out) {
  if (!ended_) {
    const Inflated result = run(kTail, Z_BLOCK, room, out);
    if (result != Inflated::kOk) return result;
    const int state = stream_.data_type;
    const bool whole = (state & kAfterBlock) != 0 && (state & kUnusedBits) == 0;
    if (!ended_ && !whole) return Inflated::kBroken;
    if ((state & kFinalBlock) != 0) inflateResetKeep(&stream_);
  }
  ended_ = false;
  if (!context_takeover_) inflateReset(&stream_);
  return Inflated::kOk;
}

Inflated Inflater::run(std::string_view deflated, int flush, std::size_t room, std::string& out) {
  Step step;
  give_input(stream_, deflated);
  while (true) {
    give_room(stream_, step);
    const int result = inflate(&stream_, flush);
    const std::size_t produced = step.size() - stream_.avail_out;
    if (produced > room) return Inflated::kTooBig;
    room -= produced;
    out.append(step.data(), produced);
    ended_ = result == Z_STREAM_END;
    if (ended_) {
      inflateResetKeep(&stream_);  // The window stays: what follows may refer to it.
    } else if (result != Z_OK && result != Z_BUF_ERROR) {
      return Inflated::kBroken;
    }
    if (stream_.avail_in > 0 || (stream_.avail_out == 0 && !ended_)) continue;
    if (deflated.empty()) return Inflated::kOk;
    give_input(stream_, deflated);
  }
}

}  // namespace securechat::net
