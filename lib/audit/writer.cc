#include "audit/writer.h"

#include <cxxabi.h>

#include <cstddef>
#include <string_view>

namespace securechat::audit {
namespace {

using std::chrono::steady_clock;

// How often a failing file is tried, and what was written is brought to the disk.
constexpr std::chrono::seconds kTick{1};
constexpr std::chrono::seconds kSuppressedEvery{10};

std::string counted(std::uint64_t count) {
  return R"(,"count":)" + std::to_string(count);
}

// However the thread ends: whoever waits for it is told.
class EndMark {
 public:
  explicit EndMark(Intake& intake) : intake_(intake) {}
  ~EndMark() {
    intake_.enabled.store(false, std::memory_order_relaxed);
    MutexLock lock(intake_.mutex);
    intake_.ended = true;
    intake_.settled.notify_all();
  }
  EndMark(const EndMark&) = delete;
  EndMark& operator=(const EndMark&) = delete;

 private:
  Intake& intake_;
};

// Clock and log stay as long as this lives and is held.
class Borrowed {
 public:
  explicit Borrowed(Intake& intake) : intake_(intake) {
    MutexLock lock(intake_.mutex);
    held_ = !intake_.abandoned;
    intake_.borrowed = held_;
  }
  ~Borrowed() {
    MutexLock lock(intake_.mutex);
    intake_.borrowed = false;
    intake_.settled.notify_all();
  }
  Borrowed(const Borrowed&) = delete;
  Borrowed& operator=(const Borrowed&) = delete;
  [[nodiscard]] bool held() const { return held_; }

 private:
  Intake& intake_;
  bool held_ = false;
};

}  // namespace

template <typename Fn>
void Writer::if_owned(Fn fn) {
  const Borrowed borrowed(*intake_);
  if (borrowed.held()) fn();
}

void Writer::run() {
  const EndMark mark(*intake_);
  bool more = true;
  while (more) {
    try {
      more = turn();
    } catch (abi::__forced_unwind&) {
      throw;
    } catch (const std::exception&) {  // Memory is short: what was in hand is lost.
      intake_->dropped.fetch_add(1, std::memory_order_relaxed);
    }
  }
}

void Writer::wait(std::vector<KeptEvent>& events) {
  std::shared_ptr<Trail::Sink> last_sink;  // Its end may run the host's code: after the lock.
  std::unique_ptr<File> file;
  bool file_changes = false;
  {
    MutexLock lock(intake_->mutex);
    intake_->held = backlog_.size();
    if (intake_->events.empty()) intake_->settled.notify_all();
    while (intake_->events.empty() && !intake_->stopping && !intake_->file_changes &&
           intake_->sink == sink_) {
      if (!backlog_.empty() || unsynced_ || intake_->suppressing) {
        intake_->arrived.wait_for(intake_->mutex, kTick);
        break;
      }
      intake_->arrived.wait(intake_->mutex);
    }
    events.swap(intake_->events);
    intake_->held += events.size();
    stopping_ = intake_->stopping;
    suppressing_ = intake_->suppressing;
    truncate_ = intake_->truncate;
    last_sink = std::exchange(sink_, intake_->sink);
    file_changes = std::exchange(intake_->file_changes, false);
    file = std::move(intake_->next_file);
  }
  if (file_changes) change_file(std::move(file));
}

bool Writer::turn() {
  std::vector<KeptEvent> events;
  wait(events);
  for (const KeptEvent& event : events) {
    deliver(event.result == Outcome::kOk ? LogLevel::kInfo : LogLevel::kWarn,
            members_of(event, truncate_), event.unix_ms);
  }
  write_backlog();
  say_losses();
  sync();
  if (stopping_) give_up_backlog();
  return !stopping_;
}

// A new file begins with where the one before ended, so that the chain goes on over both.
void Writer::change_file(std::unique_ptr<File> file) {
  write_backlog();
  sync();
  const std::unique_ptr<File> last = std::exchange(file_, std::move(file));
  failing_ = false;
  retry_at_ = {};
  if (file_ == nullptr) give_up_backlog();
  if (file_ == nullptr || last == nullptr || !file_->empty() || last->newest().seq == 0) return;
  file_->follow(last->newest());
  if_owned([&] {
    const std::int64_t now_ms = clock_.unix_ms();
    backlog_.push_front(
        {own_members("audit.rotated", now_ms, R"(,"prev":")" + last->newest().digest + "\""),
         now_ms});
  });
}

void Writer::deliver(LogLevel level, std::string members, std::int64_t unix_ms) {
  {
    MutexLock lock(intake_->mutex);
    if (intake_->abandoned) return;
  }
  if (sink_) {
    try {
      (*sink_)(level, "{" + members + "}");
    } catch (abi::__forced_unwind&) {
      throw;
    } catch (...) {  // The sink's own affair: nobody is there to hear of it.
    }
    if (!file_) intake_->written.fetch_add(1, std::memory_order_relaxed);
  }
  if (file_) backlog_.push_back({std::move(members), unix_ms});
}

void Writer::write_backlog() {
  if (!file_ || backlog_.empty()) return;
  if (failing_ && !stopping_ && steady_clock::now() < retry_at_) return;
  while (!backlog_.empty()) {
    const Line& line = backlog_.front();
    if (Status status = file_->append(line.members, line.unix_ms); !status.ok()) {
      file_failed(status);
      return;
    }
    backlog_.pop_front();
    intake_->written.fetch_add(1, std::memory_order_relaxed);
    unsynced_ = true;
  }
  if (std::exchange(failing_, false)) {
    if_owned([&] { log_.info("the audit log is written again"); });
  }
}

void Writer::file_failed(const Status& status) {
  retry_at_ = steady_clock::now() + kTick;
  if (std::exchange(failing_, true)) return;
  if_owned([&] {
    log_.error("the audit log cannot be written; it is tried again every second",
               {{"reason", status.message()}});
  });
}

void Writer::say(std::string_view name, const std::string& more) {
  std::int64_t now_ms = 0;
  if_owned([&] { now_ms = clock_.unix_ms(); });
  deliver(LogLevel::kWarn, own_members(name, now_ms, more), now_ms);
  write_backlog();
}

void Writer::say_losses() {
  if (failing_) return;
  const std::uint64_t dropped = intake_->dropped.load(std::memory_order_relaxed);
  if (dropped != dropped_said_) {
    say("audit.dropped", counted(dropped - std::exchange(dropped_said_, dropped)));
  }
  if (!suppressing_) return;
  const Time now = steady_clock::now();
  if (say_suppressed_at_ == Time()) say_suppressed_at_ = now + kSuppressedEvery;
  if (now < say_suppressed_at_ && !stopping_) return;
  say_suppressed_at_ = {};
  {
    MutexLock lock(intake_->mutex);
    intake_->suppressing = false;
  }
  for (std::size_t i = 0; i < kNameCount; ++i) {
    const std::uint64_t count = intake_->suppressed[i].load(std::memory_order_relaxed);
    if (count == suppressed_said_[i]) continue;
    say("audit.suppressed", R"(,"of":")" + std::string(text_of(static_cast<Name>(i))) + '"' +
                                counted(count - std::exchange(suppressed_said_[i], count)));
  }
}

// At most once a tick: a disk that is slow to sync would else be all that the thread waits for.
void Writer::sync() {
  if (!file_ || !unsynced_ || failing_) return;
  const Time now = steady_clock::now();
  if (!stopping_ && now < sync_at_) return;
  sync_at_ = now + kTick;
  unsynced_ = false;
  if (Status status = file_->sync(); !status.ok()) file_failed(status);
}

void Writer::give_up_backlog() {
  if (backlog_.empty()) return;
  intake_->dropped.fetch_add(backlog_.size(), std::memory_order_relaxed);
  if_owned([&] { log_.error("events of the audit log were lost", {{"count", backlog_.size()}}); });
  backlog_.clear();
}

}  // namespace securechat::audit
