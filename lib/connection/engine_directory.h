#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/thread_annotations.h"

namespace securechat::connection {

// The sids of all Engine.IO sessions of a server that has several shards, and how much each may
// send: a request that reaches another shard than its session is judged at its head without
// asking there. Any thread.
class EngineDirectory {
 public:
  void set(std::string_view sid, std::size_t payload_limit) SECURECHAT_EXCLUDES(mutex_) {
    MutexLock lock(mutex_);
    limits_.insert_or_assign(std::string(sid), payload_limit);
  }
  void erase(std::string_view sid) SECURECHAT_EXCLUDES(mutex_) {
    MutexLock lock(mutex_);
    limits_.erase(std::string(sid));
  }
  // Nothing when no session has that sid.
  [[nodiscard]] std::optional<std::size_t> payload_limit(std::string_view sid) const
      SECURECHAT_EXCLUDES(mutex_) {
    MutexLock lock(mutex_);
    const auto found = limits_.find(std::string(sid));
    if (found == limits_.end()) return std::nullopt;
    return found->second;
  }

 private:
  mutable Mutex mutex_;
  std::unordered_map<std::string, std::size_t> limits_ SECURECHAT_GUARDED_BY(mutex_);
};

}  // namespace securechat::connection
