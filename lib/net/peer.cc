#include "net/peer.h"

#include <libwebsockets.h>
#include <sys/epoll.h>

#include <utility>

#include "net/lws_loop.h"
#include "net/wire.h"

// A peer as a connection: deadlines, the WebSocket on it, its end. What concerns HTTP is in
// peer_http.cc.
namespace securechat::net {

namespace {
constexpr std::int64_t kKillAgainMs = 200;
}  // namespace

Peer::Peer(LwsLoop& loop, const IpAddress& address)
    : loop_(loop), address_(address), accepted_at_ms_(loop.now_ms()) {
  set_deadline(loop_.limits().head_timeout_ms);
}

Peer::~Peer() {
  finish();
}

bool Peer::tls() const {
  return lws_get_ssl(wsi_) != nullptr;
}

void Peer::mark_dirty() {
  if (!dirty_) loop_.add_dirty(*this);
  dirty_ = true;
}

void Peer::set_deadline(std::int64_t ms) {
  if (dying_) return;
  if (ms < 0) {
    timer_.reset();
    return;
  }
  if (!timer_) timer_ = std::make_unique<Timer>([this] { on_deadline(); });
  timer_->start(loop_.timers(), loop_.now_ms() + ms);
}

void Peer::on_deadline() {
  if (dying_) {
    // Another timeout of libwebsockets may have replaced the one that kills.
    dying_ = false;
    kill();
  } else if (socket_ && socket_->opened()) {
    socket_->on_deadline();
  } else if (write_blocked_ && !lingering_ &&
             acknowledged_bytes(lws_get_socket_fd(wsi_)) > acknowledged_) {
    update_deadline();
  } else {
    kill();
  }
}

void Peer::kill() {
  if (dying_ || wsi_ == nullptr) return;
  loop_.watcher().forget(lws_get_socket_fd(wsi_), watched_);
  set_deadline(kKillAgainMs);
  dying_ = true;
  loop_.kill(wsi_);
}

void Peer::finish() {
  if (auto pipeline = std::exchange(pipeline_, nullptr)) {
    for (const ExchangeId id : pipeline->all()) loop_.forget_exchange(id);
    for (const ExchangeId id : pipeline->unanswered()) loop_.handler().on_gone(id);
  }
  if (socket_) socket_->closed();
  dying_ = true;
  timer_.reset();
}

void Peer::flush() {
  if (dying_) return;
  if (socket_) {
    socket_->flush();
    const bool held_back = held_back_;
    held_back_ = false;
    if (held_back && !dying_) hold_back(lws_get_socket_fd(wsi_), false);
  } else {
    flush_http();
  }
}

// ---------------------------------------------------------------- WebSocket

int Peer::on_established() {
  if (!socket_ || dying_) return -1;
  set_deadline(-1);
  // Only who has user data is told that a connection begins to close.
  lws_set_wsi_user(wsi_, this);
  socket_->open();
  mark_dirty();  // Lets the 101 go, though nothing be said.
  return 0;
}

int Peer::on_received(std::string_view chunk) {
  if (!socket_ || dying_) return -1;
  loop_.read_ahead().took(*this, chunk.size());
  socket_->receive(chunk);
  return 0;
}

void Peer::read_on() {
  if (!socket_ || dying_ || socket_->closing()) return;
  lws_pollfd ready = {lws_get_socket_fd(wsi_), LWS_POLLIN, LWS_POLLIN};
  lws_service_fd(lws_get_context(wsi_), &ready);
}

int Peer::on_pong() {
  if (socket_) socket_->pong();
  return dying_ ? -1 : 0;
}

int Peer::on_writable() {
  if (socket_) mark_dirty();
  return dying_ ? -1 : 0;
}

int Peer::on_close_frame(std::string_view payload) {
  if (!socket_ || dying_) return -1;
  return socket_->receive_close(payload) ? 0 : -1;
}

int Peer::on_socket_closing() {
  if (socket_ && socket_->opened() && !dying_) socket_->on_lws_closing();
  return 0;
}

int Peer::on_socket_closed() {
  if (socket_) socket_->closed();
  dying_ = true;  // The wsi is not to be touched any more.
  timer_.reset();
  return 0;
}

}  // namespace securechat::net
