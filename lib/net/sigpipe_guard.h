#pragma once

#include <signal.h>

#include <cerrno>
#include <ctime>

namespace securechat::net {

// OpenSSL writes with write(), which raises SIGPIPE when the peer is gone. The signal is blocked
// for the time of the turn, and one that came is taken away, so that the host's disposition and
// mask stay as they are. On a thread that blocks all signals it costs one system call.
class SigpipeGuard {
 public:
  explicit SigpipeGuard(bool needed) {
    if (!needed) return;
    sigset_t pipe;
    sigemptyset(&pipe);
    sigaddset(&pipe, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &pipe, &before_);
    restore_ = sigismember(&before_, SIGPIPE) == 0;
  }
  ~SigpipeGuard() {
    if (!restore_) return;
    sigset_t pipe;
    sigemptyset(&pipe);
    sigaddset(&pipe, SIGPIPE);
    const timespec now = {};
    while (sigtimedwait(&pipe, nullptr, &now) < 0 && errno == EINTR) {
    }
    pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }
  SigpipeGuard(const SigpipeGuard&) = delete;
  SigpipeGuard& operator=(const SigpipeGuard&) = delete;

 private:
  sigset_t before_ = {};
  bool restore_ = false;
};

}  // namespace securechat::net
