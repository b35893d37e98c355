#include "net/lws_socket.h"

#include <libwebsockets.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "net/lws_loop.h"
#include "net/peer.h"
#include "net/wire.h"

namespace securechat::net {

namespace {

constexpr std::size_t kFlushBudget = 262'144;  // Per turn, so that one socket starves no other.
constexpr std::size_t kPiecesPerWrite = 64;
constexpr std::size_t kKeptMessageBytes = 4'096;
constexpr std::int64_t kCloseMs = 1'000;

constexpr std::uint16_t kCodePolicy = 1008;
constexpr std::uint16_t kCodeTooBig = 1009;
constexpr std::uint16_t kCodeSlowConsumer = 4508;

}  // namespace

LwsSocket::LwsSocket(Peer& peer, UpgradeAccepted accepted)
    : peer_(peer),
      handler_(std::move(accepted.handler)),
      outbox_(peer.loop().limits().send_queue),
      payload_limit_(accepted.payload_limit) {}

LwsSocket::~LwsSocket() {
  closed();
}

void LwsSocket::open() {
  opened_ = true;
  handler_->on_open(*this);
}

void LwsSocket::closed() {
  closing_ = true;
  if (!opened_ || told_) return;
  told_ = true;
  handler_->on_close(cause_);
}

void LwsSocket::set_cause(CloseCause cause) {
  if (!closing_) cause_ = cause;
}

// ---------------------------------------------------------------- receiving

void LwsSocket::receive(std::string_view chunk) {
  if (closing_) return;
  lws* wsi = peer_.wsi();
  const std::size_t rest = lws_remaining_packet_payload(wsi);
  const std::size_t room = payload_limit_ - std::min(payload_limit_, message_.size());
  if (chunk.size() > room || rest > room - chunk.size()) {
    end(CloseCause::kTooBig, kCodeTooBig, "message too big");
    return;
  }
  const bool final = lws_is_final_fragment(wsi) != 0;
  const bool text = lws_frame_is_binary(wsi) == 0;
  if (final && fragments_ == 0 && message_.empty()) {
    deliver(text, chunk);
    return;
  }
  message_.append(chunk);
  if (rest == 0) ++fragments_;
  if (fragments_ > peer_.loop().limits().max_fragments) {
    end(CloseCause::kProtocolError, kCodePolicy, "too many fragments");
    return;
  }
  if (!final) return;
  fragments_ = 0;
  std::string message = std::exchange(message_, {});
  deliver(text, message);
  message.clear();
  if (message.capacity() <= kKeptMessageBytes) message_ = std::move(message);
}

void LwsSocket::deliver(bool text, std::string_view payload) {
  handler_->on_message(text, payload);
}

void LwsSocket::pong() {
  if (!closing_) handler_->on_pong();
}

bool LwsSocket::receive_close(std::size_t length) {
  if (closing_) {
    flush();
    return false;  // It answers ours: both sides have said it.
  }
  cause_ = CloseCause::kPeerClosed;
  flush();
  closing_ = true;
  outbox_.drop_unsent();
  peer_.set_deadline(kCloseMs);
  return length != 1;  // One byte is no close code; libwebsockets would send it back.
}

// ---------------------------------------------------------------- closing

void LwsSocket::close(std::uint16_t code, std::string_view reason) {
  end(CloseCause::kLocal, code, reason);
}

void LwsSocket::end(CloseCause cause, std::uint16_t code, std::string_view reason) {
  if (closing_) return;
  cause_ = cause;
  closing_ = true;
  if (cause == CloseCause::kSlowConsumer) outbox_.drop_unsent();
  message_ = std::string();
  queue_close_frame(code, reason);
  peer_.set_deadline(kCloseMs);
  peer_.mark_dirty();
}

void LwsSocket::queue_close_frame(std::uint16_t code, std::string_view reason) {
  outbox_.set_limit(SIZE_MAX);
  outbox_.push(make_close_frame(code, reason));
}

void LwsSocket::on_deadline() {
  if (closing_) {
    peer_.kill();
    return;
  }
  if (outbox_.empty() && lws_partial_buffered(peer_.wsi()) == 0) {
    progress_watched_ = false;
    return;
  }
  const std::uint64_t acknowledged = acknowledged_bytes(lws_get_socket_fd(peer_.wsi()));
  if (acknowledged > acknowledged_) {
    progress_watched_ = false;
    watch_progress();
  } else {
    end(CloseCause::kSlowConsumer, kCodeSlowConsumer, "slow consumer");
  }
}

// ---------------------------------------------------------------- sending

void LwsSocket::send(FrameRef frame) {
  if (closing_ || !frame) return;
  const std::size_t limit = peer_.loop().limits().send_queue;
  outbox_.set_limit(limit - std::min(limit, handed_));
  const auto fits = [&] {
    return (handed_ == 0 || handed_ < limit) && outbox_.push(frame);
  };
  if (!fits()) {
    flush();  // A burst within one turn is not a slow consumer as long as the wire takes it.
    if (closing_) return;
    outbox_.set_limit(limit - std::min(limit, handed_));
    if (!fits()) {
      if (peer_.loop().limits().slow_consumer == SlowConsumerPolicy::kClose) {
        end(CloseCause::kSlowConsumer, kCodeSlowConsumer, "slow consumer");
      }
      return;
    }
  }
  peer_.mark_dirty();
}

void LwsSocket::flush() {
  lws* wsi = peer_.wsi();
  if (told_ || !opened_ || close_written_ || peer_.dying()) return;
  if (lws_get_close_length(wsi) > 0) {
    // libwebsockets is closing for a fault of the peer; nothing may follow its close frame.
    if (!closing_) cause_ = CloseCause::kProtocolError;
    closing_ = true;
    outbox_.drop_unsent();
    peer_.set_deadline(kCloseMs);
    return;
  }
  if (lws_partial_buffered(wsi) != 0) {
    watch_progress();
    return;
  }
  handed_ = 0;
  std::size_t budget = kFlushBudget;
  const Written written = peer_.tls() ? write_tls(budget) : write_plain(budget);
  if (written == Written::kBroken) {
    set_cause(CloseCause::kTransportError);
    closing_ = true;
    peer_.kill();
  } else if (written == Written::kBlocked) {
    lws_callback_on_writable(wsi);
    watch_progress();
  } else if (!outbox_.empty()) {
    peer_.mark_dirty();  // The budget is spent; the rest in the next turn.
  } else {
    close_written_ = closing_;
    if (progress_watched_ && !closing_) peer_.set_deadline(-1);
    progress_watched_ = false;
  }
}

// Frames go out by sendmsg on the descriptor. When one is cut, its rest is handed to
// libwebsockets, which may have a pong or a close frame to send and must not put it inside.
LwsSocket::Written LwsSocket::write_plain(std::size_t& budget) {
  const int descriptor = lws_get_socket_fd(peer_.wsi());
  std::array<std::string_view, kPiecesPerWrite> pieces;
  while (!outbox_.empty() && budget > 0) {
    const std::size_t count = outbox_.gather(pieces);
    std::size_t wanted = 0;
    for (std::size_t i = 0; i < count; ++i) wanted += pieces[i].size();
    const WriteResult result = write_pieces(descriptor, pieces.data(), count);
    if (result.broken) return Written::kBroken;
    if (result.bytes == wanted) {
      outbox_.consume(wanted);
      budget -= std::min(budget, wanted);
      continue;
    }
    std::size_t border = 0;  // Of the frame that was cut, if one was.
    std::size_t i = 0;
    while (border + pieces[i].size() <= result.bytes) border += pieces[i++].size();
    const std::size_t inside = result.bytes - border;
    bool handed = true;
    if (inside > 0) {
      handed = hand_over(pieces[i].substr(inside));
      border += pieces[i].size();
    }
    outbox_.consume(border);
    return handed ? Written::kBlocked : Written::kBroken;
  }
  return Written::kAll;
}

// Under TLS libwebsockets writes everything; what it cannot write it keeps in order.
LwsSocket::Written LwsSocket::write_tls(std::size_t& budget) {
  while (!outbox_.empty() && budget > 0) {
    std::string& scratch = peer_.loop().scratch();
    std::array<std::string_view, kPiecesPerWrite> pieces;
    const std::size_t count = outbox_.gather(pieces);
    std::size_t size = 0;
    for (std::size_t i = 0; i < count; ++i) {
      if (i > 0 && size + pieces[i].size() > LwsLoop::kScratchBytes) break;
      if (scratch.size() < LWS_PRE + size + pieces[i].size()) {
        scratch.resize(LWS_PRE + size + pieces[i].size());
      }
      std::memcpy(scratch.data() + LWS_PRE + size, pieces[i].data(), pieces[i].size());
      size += pieces[i].size();
    }
    auto* start = reinterpret_cast<unsigned char*>(scratch.data()) + LWS_PRE;
    const int result = lws_write(peer_.wsi(), start, size, LWS_WRITE_RAW);
    outbox_.consume(size);
    budget -= std::min(budget, size);
    peer_.loop().trim_scratch();
    if (result < 0) return Written::kBroken;
    if (lws_partial_buffered(peer_.wsi()) != 0) {
      handed_ = size;
      return Written::kBlocked;
    }
  }
  return Written::kAll;
}

bool LwsSocket::hand_over(std::string_view rest_of_frame) {
  std::string copy(LWS_PRE, '\0');
  copy.append(rest_of_frame);
  handed_ = rest_of_frame.size();
  return lws_write(peer_.wsi(), reinterpret_cast<unsigned char*>(copy.data()) + LWS_PRE,
                   rest_of_frame.size(), LWS_WRITE_RAW) >= 0;
}

// From now on the peer has the write deadline to acknowledge anything at all.
void LwsSocket::watch_progress() {
  if (progress_watched_ || closing_) return;
  progress_watched_ = true;
  acknowledged_ = acknowledged_bytes(lws_get_socket_fd(peer_.wsi()));
  peer_.set_deadline(peer_.loop().limits().write_deadline_ms);
}

}  // namespace securechat::net
