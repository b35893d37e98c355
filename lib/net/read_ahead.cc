#include "net/read_ahead.h"

#include <algorithm>

#include "net/peer.h"

namespace securechat::net {

namespace {

// Of one socket in one turn, so that one that never falls silent does not keep the others waiting.
constexpr int kReads = 64;
constexpr std::size_t kMaxFrameHeader = 14;  // RFC 6455 section 5.2, of a masked frame.

}  // namespace

// A read that did not fill its buffer has emptied the socket. Under TLS nothing is known of the
// records that follow.
void ReadAhead::took(Peer& peer, std::size_t bytes) {
  if (reader_ != &peer) {
    reader_ = &peer;
    taken_ = 0;
  }
  const bool noted = taken_ >= kReadBytes || (taken_ > 0 && peer.tls());
  taken_ += bytes + kMaxFrameHeader;
  if (!noted && (taken_ >= kReadBytes || peer.tls())) waiting_.push_back(&peer);
}

void ReadAhead::run() {
  for (int i = 0; i < kReads && !waiting_.empty(); ++i) {
    reading_.swap(waiting_);
    for (std::size_t at = 0; at < reading_.size(); ++at) {
      reader_ = nullptr;
      if (reading_[at] != nullptr) reading_[at]->read_on();
    }
    reading_.clear();
  }
  waiting_.clear();
  reader_ = nullptr;
}

void ReadAhead::forget(Peer& peer) {
  std::replace(waiting_.begin(), waiting_.end(), &peer, static_cast<Peer*>(nullptr));
  std::replace(reading_.begin(), reading_.end(), &peer, static_cast<Peer*>(nullptr));
  if (reader_ == &peer) reader_ = nullptr;
}

}  // namespace securechat::net
