#include "base/mailbox.h"

#include <utility>

namespace securechat {

Mailbox::Mailbox(Task wake) : wake_(std::move(wake)) {}

bool Mailbox::post(Task task) {
  MutexLock lock(mutex_);
  if (closed_) {
    return false;
  }
  tasks_.push_back(std::move(task));
  if (tasks_.size() == 1 && wake_) {
    wake_();
  }
  return true;
}

std::size_t Mailbox::drain() {
  std::vector<Task> tasks;
  {
    MutexLock lock(mutex_);
    tasks.swap(tasks_);
  }
  std::size_t ran = 0;
  for (Task& waiting : tasks) {
    if (refuses_) {
      break;
    }
    Task task = std::move(waiting);  // Its captures go before the next one runs.
    task();
    ++ran;
  }
  return ran;
}

void Mailbox::close() {
  std::vector<Task> unrun;
  refuses_ = true;
  MutexLock lock(mutex_);
  closed_ = true;
  unrun.swap(tasks_);
}

}  // namespace securechat
