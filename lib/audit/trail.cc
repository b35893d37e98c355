#include "audit/trail.h"

#include <chrono>
#include <exception>
#include <system_error>
#include <utility>

#include "audit/writer.h"
#include "base/blocked_signals.h"
#include "base/thread_annotations.h"

namespace securechat::audit {
namespace {

constexpr std::int64_t kStopMs = 2'000;
// Sources whose events are counted at a time.
constexpr std::size_t kSources = 4'096;

}  // namespace

Trail::Trail(const Clock& clock, Logger& log, std::size_t capacity)
    : clock_(clock),
      log_(log),
      intake_(std::make_shared<Intake>(capacity)),
      enabled_(&intake_->enabled),
      rate_(kRate, kRateWindowMs, false, kSources) {}

Trail::~Trail() {
  stop(kStopMs);
}

Status Trail::configure(std::string_view key, bool truncate_addresses) {
  Result<Chain> chain = Chain::create(key);
  if (!chain.ok()) return chain.status();
  chain_ = std::make_shared<const Chain>(std::move(*chain));
  MutexLock lock(intake_->mutex);
  intake_->truncate = truncate_addresses;
  return {};
}

Result<std::unique_ptr<File>> Trail::open_file(const std::string& path) {
  std::unique_ptr<File> none;
  if (path.empty()) return none;
  if (const Result<FileId> there = file_at(path); there.ok()) {
    MutexLock lock(intake_->mutex);
    if (intake_->has_file && intake_->file_id == *there) return none;
  }
  return File::open(path, chain_);
}

Status Trail::use_file(std::unique_ptr<File> file) {
  {
    MutexLock lock(intake_->mutex);
    intake_->has_file = file != nullptr;
    if (file) intake_->file_id = file->id();
    std::swap(intake_->next_file, file);
    intake_->file_changes = true;
    intake_->enabled = !intake_->ended && (intake_->has_file || intake_->sink);
  }
  return run();
}

Status Trail::set_sink(Sink sink) {
  std::shared_ptr<Sink> shared = sink ? std::make_shared<Sink>(std::move(sink)) : nullptr;
  {
    MutexLock lock(intake_->mutex);
    std::swap(intake_->sink, shared);
    intake_->enabled = !intake_->ended && (intake_->has_file || intake_->sink);
  }
  return run();
}

Status Trail::run() {
  MutexLock lock(intake_->mutex);
  intake_->arrived.notify_one();
  if (intake_->started || intake_->stopping || !intake_->enabled) return {};
  try {
    const BlockedSignals blocked;
    thread_ = std::thread(
        [intake = intake_, &clock = clock_, &log = log_] { Writer(intake, clock, log).run(); });
    intake_->started = true;
  } catch (const std::system_error& error) {
    intake_->enabled = false;
    return {Code::kThread, std::string("the audit log gets no thread: ") + error.what()};
  }
  return {};
}

bool Trail::within_rate(const Event& event) {
  if (event.address == nullptr && event.user_id.empty()) return true;
  std::string source(1, static_cast<char>('A' + static_cast<int>(event.name)));
  source += event.address != nullptr ? event.address->rate_key() : std::string(event.user_id);
  return rate_.attempt(source, clock_.monotonic_ms()).allowed;
}

void Trail::record(const Event& event) noexcept {
  if (!enabled()) return;
  try {
    if (!within_rate(event)) {
      intake_->suppressed[static_cast<std::size_t>(event.name)].fetch_add(
          1, std::memory_order_relaxed);
      MutexLock lock(intake_->mutex);
      if (!std::exchange(intake_->suppressing, true)) intake_->arrived.notify_one();
      return;
    }
    KeptEvent kept(event, clock_.unix_ms());
    MutexLock lock(intake_->mutex);
    if (intake_->ended || intake_->events.size() + intake_->held >= intake_->capacity) {
      intake_->dropped.fetch_add(1, std::memory_order_relaxed);
      return;
    }
    intake_->events.push_back(std::move(kept));
    if (intake_->events.size() == 1) intake_->arrived.notify_one();
  } catch (const std::exception&) {  // Memory is short; the event is lost, the server goes on.
    intake_->dropped.fetch_add(1, std::memory_order_relaxed);
  }
}

Trail::Counters Trail::counters() const {
  Counters counters;
  counters.written = intake_->written.load(std::memory_order_relaxed);
  counters.dropped = intake_->dropped.load(std::memory_order_relaxed);
  for (const auto& count : intake_->suppressed) {
    counters.suppressed += count.load(std::memory_order_relaxed);
  }
  return counters;
}

bool Trail::drain(std::int64_t ms) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::milliseconds(ms);
  MutexLock lock(intake_->mutex);
  while (intake_->started && !intake_->ended &&
         (!intake_->events.empty() || intake_->held > 0 || intake_->file_changes)) {
    const auto left = deadline - std::chrono::steady_clock::now();
    if (left <= std::chrono::nanoseconds::zero()) return false;
    intake_->settled.wait_for(intake_->mutex, left);
  }
  return true;
}

void Trail::stop(std::int64_t ms) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::milliseconds(ms);
  bool ended = false;
  {
    MutexLock lock(intake_->mutex);
    intake_->enabled = false;
    if (std::exchange(intake_->stopping, true) || !intake_->started) return;
    intake_->arrived.notify_one();
    while (!intake_->ended) {
      const auto left = deadline - std::chrono::steady_clock::now();
      if (left <= std::chrono::nanoseconds::zero()) break;
      intake_->settled.wait_for(intake_->mutex, left);
    }
    while (intake_->borrowed) intake_->settled.wait(intake_->mutex);
    ended = intake_->ended;
    intake_->abandoned = !ended;
  }
  if (ended) {
    thread_.join();
  } else {
    thread_.detach();
  }
}

}  // namespace securechat::audit
