#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <thread>

#include "audit/chain.h"
#include "audit/event.h"
#include "audit/file.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/rate_limiter.h"
#include "base/status.h"
#include "base/task.h"

namespace securechat::audit {

struct Intake;

// What happened that a court or an operator may ask for: one JSON object per line, to a file and to
// the host. Whoever records hands a copy over and goes on; a thread of its own writes. A sink that
// fails, is full or never returns costs events, which are counted and said in the log itself once
// it goes on, and never holds up the server. Without a sink recording costs one load.
class Trail {
 public:
  // A line without its newline, NUL-terminated at line.size(). Called on the trail's thread only.
  using Sink = UniqueFunction<void(LogLevel level, std::string_view line)>;
  struct Counters {
    std::uint64_t written = 0;     // Events that reached a sink.
    std::uint64_t dropped = 0;     // Lost, because a sink was full, failing or slow.
    std::uint64_t suppressed = 0;  // Left out, because one source had so many of one kind.
  };
  // Of one event and source, in kRateWindowMs.
  static constexpr std::int64_t kRate = 60;
  static constexpr std::int64_t kRateWindowMs = 10'000;
  static constexpr std::size_t kCapacity = 4'096;

  // References must outlive the trail. `capacity`: events that may wait.
  Trail(const Clock& clock, Logger& log, std::size_t capacity = kCapacity);
  // Stops.
  ~Trail();

  // Before the first file: the key of the chain (none: SHA-256), and whether addresses are written
  // as their networks only.
  Status configure(std::string_view key, bool truncate_addresses);
  // Opens what `path` names; null when that is the file in use, or `path` is empty. Nothing else
  // changes yet.
  Result<std::unique_ptr<File>> open_file(const std::string& path);
  // From now on lines go there; the one before is closed. Null: to no file.
  Status use_file(std::unique_ptr<File> file);
  // Any time, from any thread. The one before may still be running when this returns; it is
  // destroyed after its last call. Null: none.
  Status set_sink(Sink sink);

  // Any thread; never waits for a sink.
  [[nodiscard]] bool enabled() const { return enabled_->load(std::memory_order_relaxed); }
  void record(const Event& event) noexcept;
  [[nodiscard]] Counters counters() const;

  // Waits until what was recorded is written or lost, at most `ms`; false when it was not.
  bool drain(std::int64_t ms);
  // Writes what waits and ends the thread. One that a sink holds up for longer than `ms` is left
  // behind: it touches nothing but the sink any more.
  void stop(std::int64_t ms);

 private:
  Status run();
  [[nodiscard]] bool within_rate(const Event& event);

  const Clock& clock_;
  Logger& log_;
  const std::shared_ptr<Intake> intake_;
  const std::atomic<bool>* const enabled_;  // The intake's.
  std::shared_ptr<const Chain> chain_;
  RateLimiter rate_;
  std::thread thread_;
};

}  // namespace securechat::audit
