#pragma once

#include <cstddef>
#include <deque>
#include <vector>

#include "base/thread_annotations.h"
#include "storage/database.h"

namespace securechat::storage {

// A unit of work on its way.
struct Unit {
  Database::Work work;
  Database::Done done;
  bool may_write = true;
  Status status;
};

// The bounded queue in front of a storage thread.
class UnitQueue {
 public:
  explicit UnitQueue(std::size_t limit) : limit_(limit) {}

  // Any thread. kAgain when the queue is full or closed; the unit is then destroyed.
  Status push(Unit unit) SECURECHAT_EXCLUDES(mutex_);
  // The same without waking the storage thread, for wake() to do.
  Status push_quietly(Unit unit) SECURECHAT_EXCLUDES(mutex_);
  void wake() SECURECHAT_EXCLUDES(mutex_);
  // The storage thread: waits for work and moves up to `limit` units, oldest first, into `units`.
  // False when the queue is closed and empty.
  bool take(std::vector<Unit>& units, std::size_t limit) SECURECHAT_EXCLUDES(mutex_);
  // Any thread: refuses further units; what waits is still taken.
  void close() SECURECHAT_EXCLUDES(mutex_);
  [[nodiscard]] std::size_t size() const SECURECHAT_EXCLUDES(mutex_);

 private:
  const std::size_t limit_;
  mutable Mutex mutex_;
  ConditionVariable ready_;
  std::deque<Unit> units_ SECURECHAT_GUARDED_BY(mutex_);
  bool closed_ SECURECHAT_GUARDED_BY(mutex_) = false;
  bool waiting_ SECURECHAT_GUARDED_BY(mutex_) = false;  // The storage thread, until it is woken.
};

}  // namespace securechat::storage
