#include "base/worker_pool.h"

#include <cxxabi.h>
#include <sys/resource.h>

#include <algorithm>
#include <utility>

#include "base/blocked_signals.h"

namespace securechat {
namespace {

constexpr int kNiceness = 10;

// A loop that shares a core with a hash gets it nine times out of ten, and as soon as it wakes;
// else every login would hold up messages for whole time slices. On Linux the priority of "this
// process" is that of the thread. Being nicer is always allowed; should it fail, messages wait a
// little.
void make_way_for_loops() {
#ifdef __linux__
  (void)::setpriority(PRIO_PROCESS, 0, ::getpriority(PRIO_PROCESS, 0) + kNiceness);
#endif
}

}  // namespace

WorkerPool::WorkerPool(std::size_t threads, std::size_t queue_limit) : queue_limit_(queue_limit) {
  const BlockedSignals blocked;
  try {
    MutexLock lock(mutex_);
    for (std::size_t i = 0; i < std::max<std::size_t>(threads, 1); ++i) {
      threads_.emplace_back([this] { run(); });
    }
  } catch (...) {
    stop();  // The destructor of a half-made pool does not run, its threads must not outlive it.
    throw;
  }
}

WorkerPool::~WorkerPool() {
  stop();
}

bool WorkerPool::try_submit(Task task) {
  {
    MutexLock lock(mutex_);
    if (stopping_) {
      return false;
    }
    // A task that a free worker is about to take does not wait.
    const std::size_t free_workers = threads_.size() - running_;
    if (queue_.size() >= queue_limit_ + free_workers) {
      ++refused_;
      return false;
    }
    queue_.push_back(std::move(task));
  }
  ready_.notify_one();
  return true;
}

std::size_t WorkerPool::queued() const {
  MutexLock lock(mutex_);
  return queue_.size();
}

WorkerPool::Stats WorkerPool::stats() const {
  MutexLock lock(mutex_);
  return {queue_.size(), running_, done_, refused_};
}

void WorkerPool::stop() {
  std::vector<std::thread> threads;
  {
    MutexLock lock(mutex_);
    stopping_ = true;
    threads.swap(threads_);
  }
  ready_.notify_all();
  for (std::thread& thread : threads) {
    thread.join();
  }
}

void WorkerPool::run() {
  make_way_for_loops();
  for (;;) {
    Task task;
    {
      MutexLock lock(mutex_);
      while (queue_.empty() && !stopping_) {
        ready_.wait(mutex_);
      }
      if (queue_.empty()) {
        return;
      }
      ++running_;
      task = std::move(queue_.front());
      queue_.pop_front();
    }
    try {
      task();
    } catch (abi::__forced_unwind&) {
      throw;  // The host ended this thread in its log's sink; the other workers go on.
    } catch (...) {
      // A task answers for its own failures; one that forgot must not end the host.
    }
    MutexLock lock(mutex_);
    --running_;
    ++done_;
  }
}

}  // namespace securechat
