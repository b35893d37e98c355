#pragma once

#include <signal.h>

namespace securechat {

// Blocks every signal of the calling thread for its scope. Whoever starts a thread of the library
// does it inside such a scope: the thread inherits the mask, so that signals stay with the threads
// of the host.
class BlockedSignals {
 public:
  BlockedSignals();
  ~BlockedSignals();
  BlockedSignals(const BlockedSignals&) = delete;
  BlockedSignals& operator=(const BlockedSignals&) = delete;

 private:
  sigset_t previous_;
};

}  // namespace securechat
