#include <libwebsockets.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "net/lws_loop.h"
#include "net/lws_socket.h"
#include "net/peer.h"
#include "net/wire.h"

// How a WebSocket's outbox reaches the wire.
namespace securechat::net {

namespace {

constexpr std::size_t kFlushBudget = 262'144;  // Per turn, so that one socket starves no other.
constexpr std::size_t kPiecesPerWrite = 64;

constexpr std::uint16_t kCodeSlowConsumer = 4508;

}  // namespace

void LwsSocket::send(FrameRef frame) {
  if (closing_ || !frame) return;
  const std::size_t limit = peer_.loop().limits().send_queue;
  outbox_.set_limit(limit - std::min(limit, handed_));
  const auto fits = [&] {
    return (handed_ == 0 || handed_ < limit) && outbox_.push(frame);
  };
  if (!fits()) {
    write_queued();  // A burst within one turn is not a slow consumer as long as the wire takes it.
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

// A control frame may have come between the fragments of a message, and its answer is
// libwebsockets', which writes when it is told that the connection is writable. So that a peer
// hears in the order in which it spoke, what we have waits for that once.
void LwsSocket::flush() {
  if (std::exchange(pong_first_, false) && !closing_) {
    lws_callback_on_writable(peer_.wsi());
    return;
  }
  write_queued();
}

void LwsSocket::write_queued() {
  lws* wsi = peer_.wsi();
  if (told_ || !opened_ || close_written_ || peer_.dying()) return;
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
    if (std::exchange(write_due_ms_, 0) != 0) update_deadline();
    if (failed_by_ == FailedBy::kUs) end_saying();
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
  handed_ += rest_of_frame.size();
  return lws_write(peer_.wsi(), reinterpret_cast<unsigned char*>(copy.data()) + LWS_PRE,
                   rest_of_frame.size(), LWS_WRITE_RAW) >= 0;
}

// For the last that is said: libwebsockets sends it before it closes, though the connection does
// not take it now.
void LwsSocket::hand_over_all() {
  std::array<std::string_view, 1> piece;
  while (!close_written_ && !peer_.dying() && outbox_.gather(piece) == 1) {
    if (!hand_over(piece[0])) return;
    outbox_.consume(piece[0].size());
  }
  close_written_ = true;
}

// From now on the peer has the write deadline to acknowledge anything at all.
void LwsSocket::watch_progress() {
  if (write_due_ms_ != 0 || closing_) return;
  acknowledged_ = acknowledged_bytes(lws_get_socket_fd(peer_.wsi()));
  write_due_ms_ = peer_.loop().now_ms() + peer_.loop().limits().write_deadline_ms;
  update_deadline();
}

void LwsSocket::check_progress() {
  if (outbox_.empty() && lws_partial_buffered(peer_.wsi()) == 0) return;
  if (acknowledged_bytes(lws_get_socket_fd(peer_.wsi())) > acknowledged_) {
    watch_progress();
  } else {
    end(CloseCause::kSlowConsumer, kCodeSlowConsumer, "slow consumer");
  }
}

}  // namespace securechat::net
