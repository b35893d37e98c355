#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/ip_address.h"
#include "base/log.h"
#include "base/status.h"
#include "base/timer_queue.h"
#include "net/loop_counters.h"
#include "net/watcher.h"

namespace securechat::net {

// One listening socket. libwebsockets has no say in accepting: budgets are checked before it
// allocates anything, and a full descriptor table neither spins nor starves.
class Listener final : public Watched {
 public:
  struct Environment {
    Watcher& watcher;
    TimerQueue& timers;
    const Clock& clock;
    Logger& log;
    LoopCounters& counters;
    // Takes the connection's descriptor over.
    std::function<void(int descriptor, const IpAddress& peer)> accepted;
  };

  // Binds every address of `host` (empty or "*": all of them) to `port`; 0 picks one for the
  // first and uses it for the rest. At least one address must do.
  static Result<std::vector<std::unique_ptr<Listener>>> open(const Environment& environment,
                                                             const std::string& host,
                                                             std::uint16_t port, bool reuse_port);
  Listener(const Environment& environment, int descriptor);
  ~Listener();
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  [[nodiscard]] std::uint16_t port() const;
  void on_ready(std::uint32_t events) override;

 private:
  void resume();
  void out_of_descriptors();

  Environment environment_;
  int descriptor_;
  int reserve_;  // Given up for a moment when there is no other descriptor.
  std::uint32_t watched_ = 0;
  bool exhausted_ = false;  // Said in the log, and not over yet.
  Timer pause_;
};

}  // namespace securechat::net
