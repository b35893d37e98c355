#pragma once

#include <utility>

#include "base/task.h"

namespace securechat::server {

// Marks the current thread as running a callback of `owner` (a server) for the scope, so that calls
// which would wait for that very callback are refused instead of deadlocking.
class CallbackScope {
 public:
  explicit CallbackScope(const void* owner) : previous_(current_), owner_(owner) {
    current_ = this;
  }
  ~CallbackScope() { current_ = previous_; }
  CallbackScope(const CallbackScope&) = delete;
  CallbackScope& operator=(const CallbackScope&) = delete;

  [[nodiscard]] static bool inside(const void* owner) {
    for (const CallbackScope* scope = current_; scope != nullptr; scope = scope->previous_) {
      if (scope->owner_ == owner) return true;
    }
    return false;
  }

 private:
  static inline thread_local const CallbackScope* current_ = nullptr;
  const CallbackScope* const previous_;
  const void* const owner_;
};

// The hook, marked as a callback of `owner` whenever it runs.
template <typename R, typename... Args>
UniqueFunction<R(Args...)> scoped(const void* owner, UniqueFunction<R(Args...)> hook) {
  return [owner, hook = std::move(hook)](Args... args) mutable -> R {
    const CallbackScope scope(owner);
    return hook(std::forward<Args>(args)...);
  };
}

}  // namespace securechat::server
