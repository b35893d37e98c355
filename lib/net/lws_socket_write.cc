#include <libwebsockets.h>

#include <algorithm>
#include <utility>

#include "net/lws_loop.h"
#include "net/lws_socket.h"
#include "net/peer.h"
#include "net/permessage_deflate.h"
#include "net/wire.h"

// How a WebSocket's outbox reaches the wire.
namespace securechat::net {

namespace {

constexpr std::size_t kFlushBudget = 262'144;  // Per turn, so that one socket starves no other.

constexpr std::uint16_t kCodeSlowConsumer = 4508;

}  // namespace

void LwsSocket::send(FrameRef frame) {
  if (closing_ || !frame) return;
  if (deflate_) frame = deflate_->deflate(frame);
  if (!outbox_.push(frame, loop_.limits().send_queue)) {
    write_queued();  // A burst within one turn is not a slow consumer as long as the wire takes it.
    if (closing_) return;
    if (!outbox_.push(frame, loop_.limits().send_queue)) {
      if (deflate_) deflate_->forget_sent();
      if (loop_.limits().slow_consumer == SlowConsumerPolicy::kClose) {
        end(CloseCause::kSlowConsumer, kCodeSlowConsumer, "slow consumer");
      } else {
        loop_.counters().frames_dropped.add();
      }
      return;
    }
  }
  mark_dirty();
}

void LwsSocket::mark_dirty() {
  if (std::exchange(dirty_, true)) return;
  peer_.mark_dirty();
}

// A control frame may have come between the fragments of a message, and its answer is
// libwebsockets', which writes when it is told that the connection is writable. So that a peer
// hears in the order in which it spoke, what we have waits for that once.
void LwsSocket::flush() {
  dirty_ = false;
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
  outbox_.set_handed(0);
  const Written written = write_all();
  if (written == Written::kBroken) {
    set_cause(CloseCause::kTransportError);
    closing_ = true;
    peer_.kill();
  } else if (written == Written::kBlocked) {
    lws_callback_on_writable(wsi);
    watch_progress();
  } else if (!outbox_.empty()) {
    mark_dirty();  // The budget is spent; the rest in the next turn.
  } else {
    close_written_ = closing_;
    if (std::exchange(write_due_ms_, 0) != 0) {
      loop_.set_waiting(*this, 0);
      update_deadline();
    }
    if (failed_by_ == FailedBy::kUs) end_saying();
  }
}

LwsSocket::Written LwsSocket::write_all() {
  std::size_t budget = kFlushBudget;
  while (!outbox_.empty() && budget > 0) {
    const Gathering::Gathered next = loop_.gathering().gather(outbox_.frames());
    budget -= std::min(budget, next.bytes.size());
    const Written written =
        peer_.tls() ? write_tls(next.bytes, next.frames) : write_plain(next.bytes, next.frames);
    if (written != Written::kAll) return written;
  }
  return Written::kAll;
}

// On the descriptor itself. When a frame is cut, its rest is handed to libwebsockets, which may
// have a pong or a close frame to send and must not put it inside.
LwsSocket::Written LwsSocket::write_plain(std::string_view bytes, std::size_t frames) {
  const WriteResult result = write_bytes(peer_.wsi(), bytes);
  if (result.broken) return Written::kBroken;
  if (result.bytes == bytes.size()) {
    outbox_.consume(frames);
    return Written::kAll;
  }
  std::size_t whole = 0;
  std::size_t border = 0;  // Behind the frame that was cut, if one was.
  for (; border < result.bytes; ++whole) border += outbox_.frames()[whole].bytes().size();
  const bool handed =
      border == result.bytes || hand_over(bytes.substr(result.bytes, border - result.bytes));
  outbox_.consume(whole);
  return handed ? Written::kBlocked : Written::kBroken;
}

// Under TLS libwebsockets writes everything; what it cannot write it keeps in order.
LwsSocket::Written LwsSocket::write_tls(std::string_view bytes, std::size_t frames) {
  auto* start = reinterpret_cast<unsigned char*>(const_cast<char*>(bytes.data()));
  const int result = lws_write(peer_.wsi(), start, bytes.size(), LWS_WRITE_RAW);
  outbox_.consume(frames);
  if (result < 0) return Written::kBroken;
  if (lws_partial_buffered(peer_.wsi()) == 0) return Written::kAll;
  outbox_.set_handed(bytes.size());
  return Written::kBlocked;
}

bool LwsSocket::hand_over(std::string_view rest_of_frame) {
  std::string copy(LWS_PRE, '\0');
  copy.append(rest_of_frame);
  outbox_.set_handed(rest_of_frame.size());
  return lws_write(peer_.wsi(), reinterpret_cast<unsigned char*>(copy.data()) + LWS_PRE,
                   rest_of_frame.size(), LWS_WRITE_RAW) >= 0;
}

// For the last that is said: libwebsockets sends it before it closes, though the connection does
// not take it now.
void LwsSocket::hand_over_all() {
  while (!close_written_ && !peer_.dying() && !outbox_.empty()) {
    if (!hand_over(outbox_.frames().front().bytes())) return;
    outbox_.consume(1);
  }
  close_written_ = true;
}

// From now on the peer has the write deadline to acknowledge anything at all.
void LwsSocket::watch_progress() {
  if (!closing_) loop_.set_waiting(*this, outbox_.waiting());
  if (write_due_ms_ != 0 || closing_) return;
  acknowledged_ = acknowledged_bytes(lws_get_socket_fd(peer_.wsi()));
  write_due_ms_ = loop_.now_ms() + loop_.limits().write_deadline_ms;
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
