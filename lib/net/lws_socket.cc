#include "net/lws_socket.h"

#include <libwebsockets.h>

#include <algorithm>
#include <array>
#include <utility>

#include "net/lws_loop.h"
#include "net/peer.h"
#include "net/permessage_deflate.h"
#include "net/wire.h"

// A WebSocket as its life: opened, receiving, closed. Writing is in lws_socket_write.cc.
namespace securechat::net {

namespace {

constexpr std::int64_t kCloseMs = 1'000;
// In which libwebsockets writes its close frame, if the connection takes it at all.
constexpr std::int64_t kFaultMs = 20;
constexpr std::string_view kBadFrame = "bad frame";

constexpr std::string_view kReservedBit = "reserved bit";

constexpr std::uint16_t kCodeProtocol = 1002;
constexpr std::uint16_t kCodeBadData = 1007;
constexpr std::uint16_t kCodePolicy = 1008;
constexpr std::uint16_t kCodeTooBig = 1009;

}  // namespace

LwsSocket::LwsSocket(Peer& peer, UpgradeAccepted accepted,
                     std::unique_ptr<PermessageDeflate> deflate)
    : loop_(peer.loop()),
      deflate_(std::move(deflate)),
      peer_(peer),
      handler_(std::move(accepted.handler)),
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
  loop_.set_waiting(*this, 0);
  handler_->on_close(cause_);
}

void LwsSocket::set_cause(CloseCause cause) {
  if (!closing_) cause_ = cause;
}

// ---------------------------------------------------------------- receiving

void LwsSocket::receive(std::string_view bytes) {
  if (closing_) return;
  lws* wsi = peer_.wsi();
  FramePiece piece{bytes, lws_remaining_packet_payload(wsi), lws_frame_is_binary(wsi) == 0,
                   lws_is_final_fragment(wsi) != 0};
  if (deflate_ && !inflate(piece)) return;
  receive(piece);
  if (deflate_) deflate_->release();
}

void LwsSocket::receive(const FramePiece& piece) {
  switch (incoming_.add(piece, payload_limit_, loop_.limits().max_fragments)) {
    case Assembly::kPartial:
      if (incoming_.due_ms() == 0) {
        incoming_.set_due(loop_.now_ms() + loop_.limits().message_timeout_ms);
        if (!peer_.looks_before(incoming_.due_ms())) update_deadline();
      }
      break;
    case Assembly::kWhole:
      loop_.counters().websocket_messages.add();
      if (incoming_.fragmented()) pong_first_ = true;
      handler_->on_message(piece.text, incoming_.payload(piece));
      incoming_.next();  // The timer stays, and finds nothing due.
      break;
    case Assembly::kTooBig:
      end(CloseCause::kTooBig, kCodeTooBig, "message too big");
      break;
    case Assembly::kTooManyFragments:
      end(CloseCause::kProtocolError, kCodePolicy, "too many fragments");
      break;
    case Assembly::kNotUtf8:
      end(CloseCause::kProtocolError, kCodeBadData, "text is not UTF-8");
      break;
  }
}

bool LwsSocket::inflate(FramePiece& piece) {
  const bool reserved_bit = lws_get_reserved_bits(peer_.wsi()) != 0;
  switch (deflate_->inflate(piece, reserved_bit, payload_limit_)) {
    case Inflation::kOk:
      return true;
    case Inflation::kTooBig:
      end(CloseCause::kTooBig, kCodeTooBig, "message too big");
      break;
    case Inflation::kBroken:
      end(CloseCause::kProtocolError, kCodeBadData, "message does not inflate");
      break;
    case Inflation::kReservedBit:
      end(CloseCause::kProtocolError, kCodeProtocol, kReservedBit);
      break;
  }
  return false;
}

// With an extension libwebsockets lets RSV1 pass on every frame; only of a ping, which it answers
// itself, is nothing heard.
void LwsSocket::pong() {
  if (closing_) return;
  if (lws_get_reserved_bits(peer_.wsi()) != 0) {
    end(CloseCause::kProtocolError, kCodeProtocol, kReservedBit);
  } else {
    handler_->on_pong();
  }
}

bool LwsSocket::receive_close(std::string_view payload) {
  if (closing_) {
    write_queued();
    return false;  // It answers ours: both sides have said it.
  }
  const bool reserved_bit = lws_get_reserved_bits(peer_.wsi()) != 0;
  const std::uint16_t code = reserved_bit ? kCodeProtocol : answer_to_close(payload);
  cause_ = CloseCause::kPeerClosed;
  closing_ = true;
  queue_close_frame(code, {});
  write_queued();
  hand_over_all();
  peer_.set_deadline(kCloseMs);
  return false;
}

// ---------------------------------------------------------------- closing

void LwsSocket::close(std::uint16_t code, std::string_view reason) {
  end(CloseCause::kLocal, code, reason);
}

void LwsSocket::end(CloseCause cause, std::uint16_t code, std::string_view reason) {
  if (closing_) return;
  cause_ = cause;
  closing_ = true;
  if (cause == CloseCause::kSlowConsumer) outbox_.clear();
  if (cause != CloseCause::kLocal) failed_by_ = FailedBy::kUs;
  queue_close_frame(code, reason);
  peer_.set_deadline(kCloseMs);
  mark_dirty();
}

void LwsSocket::queue_close_frame(std::uint16_t code, std::string_view reason) {
  FrameRef frame = make_close_frame(code, reason);
  outbox_.push(frame, SIZE_MAX);
}

// A fault that libwebsockets has found, or the end of the stream, or what we asked for. For most
// faults it has a close frame, which it sends when the connection is writable next; what was queued
// before it goes out here.
void LwsSocket::on_lws_closing() {
  if (closing_) return;
  lws* wsi = peer_.wsi();
  if (lws_get_close_length(wsi) == 0) {
    if (peer_has_ended(wsi)) return;
    std::array<unsigned char, kBadFrame.size()> reason;
    std::copy(kBadFrame.begin(), kBadFrame.end(), reason.begin());
    lws_close_reason(wsi, LWS_CLOSE_STATUS_PROTOCOL_ERR, reason.data(), reason.size());
  }
  write_queued();
  outbox_.clear();
  cause_ = CloseCause::kProtocolError;
  closing_ = true;
  close_written_ = true;
  failed_by_ = FailedBy::kLws;
  peer_.set_deadline(kFaultMs);
}

void LwsSocket::end_saying() {
  failed_by_ = FailedBy::kNobody;
  end_writing(peer_.wsi());
}

void LwsSocket::on_deadline() {
  if (failed_by_ == FailedBy::kLws) {
    end_saying();
    peer_.set_deadline(kCloseMs);
    return;
  }
  if (closing_) {
    peer_.kill();
    return;
  }
  const std::int64_t now_ms = loop_.now_ms();
  if (incoming_.due_ms() != 0 && now_ms >= incoming_.due_ms()) {
    end(CloseCause::kProtocolError, kCodePolicy, "message too slow");
  } else if (write_due_ms_ != 0 && now_ms >= write_due_ms_) {
    write_due_ms_ = 0;
    check_progress();
  }
  update_deadline();
}

// One timer, the peer's, keeps both deadlines. Once closing it is that of the end.
void LwsSocket::update_deadline() {
  if (closing_) return;
  const std::int64_t message_due_ms = incoming_.due_ms();
  std::int64_t due_ms = std::max(write_due_ms_, message_due_ms);
  if (write_due_ms_ != 0 && message_due_ms != 0) due_ms = std::min(write_due_ms_, message_due_ms);
  peer_.set_deadline(due_ms == 0 ? -1 : std::max<std::int64_t>(due_ms - loop_.now_ms(), 0));
}

}  // namespace securechat::net
