#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <thread>
#include <vector>

#include "base/task.h"
#include "base/thread_annotations.h"

namespace securechat {

// Threads for work that takes longer than a millisecond (bcrypt). The queue is bounded: a full
// queue refuses at once instead of waiting, so that the loop never blocks. The threads run
// at a lower priority than the one that makes the pool. All signals are blocked in them, because
// they belong to the host.
class WorkerPool {
 public:
  // `threads` >= 1; `queue_limit` counts tasks that wait, not those that run.
  WorkerPool(std::size_t threads, std::size_t queue_limit);
  // Runs what is queued, then joins. A task that throws is dropped.
  ~WorkerPool();
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  // Any thread. False when the queue is full or the pool is stopping; the task is then destroyed.
  bool try_submit(Task task) SECURECHAT_EXCLUDES(mutex_);
  // Any thread: tasks that wait.
  [[nodiscard]] std::size_t queued() const SECURECHAT_EXCLUDES(mutex_);
  // Any thread.
  struct Stats {
    std::size_t queued;     // Tasks that wait.
    std::size_t busy;       // Threads that run one.
    std::uint64_t done;     // Tasks that were run,
    std::uint64_t refused;  // and those for which there was no room.
  };
  [[nodiscard]] Stats stats() const SECURECHAT_EXCLUDES(mutex_);
  // Refuses further tasks, runs the queued ones, joins. Idempotent; not from a worker.
  void stop() SECURECHAT_EXCLUDES(mutex_);

 private:
  void run() SECURECHAT_EXCLUDES(mutex_);

  const std::size_t queue_limit_;
  mutable Mutex mutex_;
  ConditionVariable ready_;
  std::deque<Task> queue_ SECURECHAT_GUARDED_BY(mutex_);
  bool stopping_ SECURECHAT_GUARDED_BY(mutex_) = false;
  std::size_t running_ SECURECHAT_GUARDED_BY(mutex_) = 0;
  std::uint64_t done_ SECURECHAT_GUARDED_BY(mutex_) = 0;
  std::uint64_t refused_ SECURECHAT_GUARDED_BY(mutex_) = 0;
  std::vector<std::thread> threads_ SECURECHAT_GUARDED_BY(mutex_);
};

}  // namespace securechat
