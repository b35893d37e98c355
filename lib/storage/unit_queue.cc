#include "storage/unit_queue.h"

#include <utility>

namespace securechat::storage {

Status UnitQueue::push(Unit unit) {
  Status status = push_quietly(std::move(unit));
  if (status.ok()) {
    wake();
  }
  return status;
}

Status UnitQueue::push_quietly(Unit unit) {
  MutexLock lock(mutex_);
  if (closed_) {
    return Status(Code::kAgain, "The database is closed.");
  }
  if (units_.size() >= limit_) {
    return Status(Code::kAgain, "The database has too much to do. Try again later.");
  }
  units_.push_back(std::move(unit));
  return {};
}

void UnitQueue::wake() {
  bool wake = false;
  {
    MutexLock lock(mutex_);
    wake = !units_.empty() && std::exchange(waiting_, false);
  }
  if (wake) {
    ready_.notify_one();
  }
}

bool UnitQueue::take(std::vector<Unit>& units, std::size_t limit) {
  MutexLock lock(mutex_);
  while (units_.empty() && !closed_) {
    waiting_ = true;
    ready_.wait(mutex_);
  }
  waiting_ = false;
  while (!units_.empty() && units.size() < limit) {
    units.push_back(std::move(units_.front()));
    units_.pop_front();
  }
  return !units.empty();
}

void UnitQueue::close() {
  {
    MutexLock lock(mutex_);
    closed_ = true;
  }
  ready_.notify_all();
}

std::size_t UnitQueue::size() const {
  MutexLock lock(mutex_);
  return units_.size();
}

}  // namespace securechat::storage
