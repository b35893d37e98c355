#pragma once

#include <condition_variable>
#include <mutex>

// Clang's thread safety analysis (-Wthread-safety); empty for other compilers.
#if defined(__clang__)
#define SECURECHAT_ANNOTATION(x) __attribute__((x))
#else
#define SECURECHAT_ANNOTATION(x)
#endif

#define SECURECHAT_CAPABILITY(name) SECURECHAT_ANNOTATION(capability(name))
#define SECURECHAT_SCOPED_CAPABILITY SECURECHAT_ANNOTATION(scoped_lockable)
#define SECURECHAT_GUARDED_BY(mutex) SECURECHAT_ANNOTATION(guarded_by(mutex))
#define SECURECHAT_REQUIRES(...) SECURECHAT_ANNOTATION(requires_capability(__VA_ARGS__))
#define SECURECHAT_EXCLUDES(...) SECURECHAT_ANNOTATION(locks_excluded(__VA_ARGS__))
#define SECURECHAT_ACQUIRE(...) SECURECHAT_ANNOTATION(acquire_capability(__VA_ARGS__))
#define SECURECHAT_RELEASE(...) SECURECHAT_ANNOTATION(release_capability(__VA_ARGS__))

namespace securechat {

// std::mutex with the annotations that libstdc++'s lacks.
class SECURECHAT_CAPABILITY("mutex") Mutex {
 public:
  void lock() SECURECHAT_ACQUIRE() { mutex_.lock(); }
  void unlock() SECURECHAT_RELEASE() { mutex_.unlock(); }

 private:
  friend class ConditionVariable;
  std::mutex mutex_;
};

class SECURECHAT_SCOPED_CAPABILITY MutexLock {
 public:
  explicit MutexLock(Mutex& mutex) SECURECHAT_ACQUIRE(mutex) : mutex_(mutex) { mutex_.lock(); }
  ~MutexLock() SECURECHAT_RELEASE() { mutex_.unlock(); }
  MutexLock(const MutexLock&) = delete;
  MutexLock& operator=(const MutexLock&) = delete;

 private:
  Mutex& mutex_;
};

// Waits on an annotated Mutex; the caller holds it before and after.
class ConditionVariable {
 public:
  void wait(Mutex& mutex) SECURECHAT_REQUIRES(mutex) {
    std::unique_lock<std::mutex> lock(mutex.mutex_, std::adopt_lock);
    condition_.wait(lock);
    lock.release();
  }
  template <typename Duration>
  std::cv_status wait_for(Mutex& mutex, Duration duration) SECURECHAT_REQUIRES(mutex) {
    std::unique_lock<std::mutex> lock(mutex.mutex_, std::adopt_lock);
    const std::cv_status status = condition_.wait_for(lock, duration);
    lock.release();
    return status;
  }
  void notify_one() { condition_.notify_one(); }
  void notify_all() { condition_.notify_all(); }

 private:
  std::condition_variable condition_;
};

}  // namespace securechat
