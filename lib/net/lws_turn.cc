#include <algorithm>
#include <utility>

#include "net/lws_loop.h"
#include "net/sigpipe_guard.h"

// One turn of the loop: wait, handle, write.
namespace securechat::net {

namespace {

void nothing(uv_timer_t*) {}
void nothing_poll(lws_sorted_usec_list_t*) {}

}  // namespace

void LwsLoop::run_turn(std::int64_t timeout_ms) {
  const SigpipeGuard guard(options_.tls.enabled());
  turn_timeout_ms_ = timeout_ms;
  if (uv_) {
    turn_on_libuv();
  } else {
    turn_on_poll();
  }
  read_ahead_.run();
  if (std::exchange(watcher_ready_, false)) watcher_->dispatch();
  if (wake_asked_.exchange(false) && on_wake_) on_wake_();
  timers_.run(now_ms());
  handler_.on_turn_end();
  flush();
}

std::int64_t LwsLoop::wait_ms() const {
  if (!dirty_.empty() || wake_asked_.load()) return 0;
  std::int64_t wait = turn_timeout_ms_;
  if (timers_.next_ms() != TimerQueue::kNever) {
    const std::int64_t next = std::max<std::int64_t>(timers_.next_ms() - now_ms(), 0);
    wait = wait < 0 ? next : std::min(wait, next);
  }
  return wait;
}

// Between what libuv does first (libwebsockets handles what it had buffered) and the wait: what
// that queued must not lie until the next event.
void LwsLoop::before_wait() {
  flush();
  const std::int64_t wait = wait_ms();
  if (wait < 0) {
    uv_timer_stop(&uv_->timer);
    return;
  }
  uv_update_time(&uv_->loop);
  uv_timer_start(&uv_->timer, nothing, static_cast<std::uint64_t>(wait), 0);
}

void LwsLoop::turn_on_libuv() {
  uv_run(&uv_->loop, UV_RUN_ONCE);
}

// lws_service() takes no notice of its timeout; a timer of libwebsockets' own bounds its wait. One
// that is due already would not, so that a pending wakeup is the way not to wait at all.
void LwsLoop::turn_on_poll() {
  flush();
  const std::int64_t wait = wait_ms();
  if (wait == 0) {
    lws_cancel_service(context_->get());
  } else if (wait > 0) {
    lws_sul_schedule(context_->get(), 0, &poll_timer_, nothing_poll, wait * LWS_US_PER_MS);
  } else {
    lws_sul_cancel(&poll_timer_);
  }
  lws_service(context_->get(), 0);
}

void LwsLoop::wake() {
  if (!wake_asked_.exchange(true)) lws_cancel_service(context_->get());
}

void LwsLoop::flush() {
  flushing_.swap(dirty_);  // A peer that is marked meanwhile has its turn in the next round.
  for (std::size_t i = 0; i < flushing_.size(); ++i) {
    Peer* peer = flushing_[i];
    if (peer == nullptr) continue;
    peer->clear_dirty();
    peer->flush();
  }
  flushing_.clear();
  gathering_.clear();
}

}  // namespace securechat::net
