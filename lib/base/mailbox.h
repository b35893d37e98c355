#pragma once

#include <cstddef>
#include <vector>

#include "base/task.h"
#include "base/thread_annotations.h"

namespace securechat {

// Tasks that any thread hands to the one thread that owns this mailbox. The first task after a
// drain wakes the owner, later ones ride along, so that a burst costs one wakeup.
class Mailbox {
 public:
  // `wake` is called from the posting thread, must be safe from any thread and must not call back
  // into the mailbox: it runs under the lock, so that none runs once close() has returned.
  explicit Mailbox(Task wake);

  // Any thread. Returns false, and destroys the task, when the mailbox is closed.
  bool post(Task task) SECURECHAT_EXCLUDES(mutex_);

  // Owner thread: runs what has been posted so far, in order. Returns how many tasks ran. What the
  // tasks post runs at the next drain.
  std::size_t drain() SECURECHAT_EXCLUDES(mutex_);

  // Owner thread: refuses further tasks and destroys those that wait, unrun, also those of a drain
  // that a task ends by closing.
  void close() SECURECHAT_EXCLUDES(mutex_);

 private:
  Mutex mutex_;
  std::vector<Task> tasks_ SECURECHAT_GUARDED_BY(mutex_);
  bool closed_ SECURECHAT_GUARDED_BY(mutex_) = false;
  Task wake_ SECURECHAT_GUARDED_BY(mutex_);
  bool refuses_ = false;  // Owner thread: closed_, readable between two tasks without the lock.
};

}  // namespace securechat
