#include <signal.h>

#include <cstdio>

#include "conformance/host.h"

namespace securechat::conformance {

namespace {

sigset_t end_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  return signals;
}

}  // namespace

void block_end_signals() {
  const sigset_t signals = end_signals();
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
}

void wait_for_end_signal() {
  const sigset_t signals = end_signals();
  int signal = 0;
  while (sigwait(&signals, &signal) != 0) {
  }
}

void print_listening(const std::string& url) {
  std::printf("listening on %s\n", url.c_str());
  std::fflush(stdout);
}

}  // namespace securechat::conformance
