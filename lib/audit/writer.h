#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "audit/event.h"
#include "audit/file.h"
#include "audit/trail.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/thread_annotations.h"

namespace securechat::audit {

// Between those who record and the thread that writes. The thread keeps it alive, because it may be
// left behind in a sink that does not return.
struct Intake {
  explicit Intake(std::size_t capacity_in) : capacity(capacity_in) {}

  const std::size_t capacity;
  std::atomic<bool> enabled = false;
  std::atomic<std::uint64_t> written = 0;
  std::atomic<std::uint64_t> dropped = 0;
  std::array<std::atomic<std::uint64_t>, kNameCount> suppressed = {};

  Mutex mutex;
  ConditionVariable arrived;  // For the writer.
  ConditionVariable settled;  // For who waits for it.
  std::vector<KeptEvent> events SECURECHAT_GUARDED_BY(mutex);
  std::size_t held SECURECHAT_GUARDED_BY(mutex) = 0;  // With the writer, not written yet.
  std::shared_ptr<Trail::Sink> sink SECURECHAT_GUARDED_BY(mutex);
  std::unique_ptr<File> next_file SECURECHAT_GUARDED_BY(mutex);
  FileId file_id SECURECHAT_GUARDED_BY(mutex);
  bool has_file SECURECHAT_GUARDED_BY(mutex) = false;
  bool file_changes SECURECHAT_GUARDED_BY(mutex) = false;  // To next_file, or to none.
  bool truncate SECURECHAT_GUARDED_BY(mutex) = false;
  bool suppressing SECURECHAT_GUARDED_BY(mutex) = false;
  bool started SECURECHAT_GUARDED_BY(mutex) = false;
  bool stopping SECURECHAT_GUARDED_BY(mutex) = false;
  bool abandoned SECURECHAT_GUARDED_BY(mutex) = false;  // Clock and log are gone.
  bool borrowed SECURECHAT_GUARDED_BY(mutex) = false;   // The writer uses them: they must not go.
  bool ended SECURECHAT_GUARDED_BY(mutex) = false;
};

// The thread's side: takes what was recorded, makes lines of it, and keeps those that the file does
// not take yet.
class Writer {
 public:
  Writer(std::shared_ptr<Intake> intake, const Clock& clock, Logger& log)
      : intake_(std::move(intake)), clock_(clock), log_(log) {}
  // Until the trail stops.
  void run();

 private:
  using Time = std::chrono::steady_clock::time_point;
  struct Line {
    std::string members;
    std::int64_t unix_ms;
  };

  // Waits for work and does it; false when there will be none.
  bool turn();
  void wait(std::vector<KeptEvent>& events);
  void change_file(std::unique_ptr<File> file);
  void deliver(LogLevel level, std::string members, std::int64_t unix_ms);
  void write_backlog();
  void file_failed(const Status& status);
  void say_losses();
  void say(std::string_view name, const std::string& more);
  void sync();
  void give_up_backlog();
  // Runs `fn` unless the trail has left the thread behind; it cannot do that meanwhile. Without the
  // intake's lock: a log that blocks must not hold up those who record.
  template <typename Fn>
  void if_owned(Fn fn);

  const std::shared_ptr<Intake> intake_;
  const Clock& clock_;
  Logger& log_;
  std::unique_ptr<File> file_;
  std::shared_ptr<Trail::Sink> sink_;
  std::deque<Line> backlog_;
  bool truncate_ = false;
  bool stopping_ = false;
  bool suppressing_ = false;
  bool failing_ = false;
  bool unsynced_ = false;
  Time retry_at_ = {};
  Time sync_at_ = {};
  Time say_suppressed_at_ = {};
  std::uint64_t dropped_said_ = 0;
  std::array<std::uint64_t, kNameCount> suppressed_said_ = {};
};

}  // namespace securechat::audit
