#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "base/thread_annotations.h"

namespace securechat::connection {

// What is known of a peer when its session begins, and what its later requests must agree with.
struct EnginePeer {
  std::string address;  // IpAddress::rate_key.
  std::string origin;   // Whatever identifies the origin of its handshake.
  // What it named besides, as the token of its Authorization header or the login of its cookie; or
  // empty.
  std::string bearer;
};

// The sids of all Engine.IO sessions of a server that has several shards, whose they are and how
// much each may send: a request that reaches another shard than its session is judged at its head
// without asking there. Any thread.
class EngineDirectory {
 public:
  struct Entry {
    std::shared_ptr<const EnginePeer> peer;
    std::size_t payload_limit;
  };

  void add(std::string_view sid, Entry entry) SECURECHAT_EXCLUDES(mutex_) {
    MutexLock lock(mutex_);
    entries_.insert_or_assign(std::string(sid), std::move(entry));
  }
  void set_payload_limit(std::string_view sid, std::size_t bytes) SECURECHAT_EXCLUDES(mutex_) {
    MutexLock lock(mutex_);
    const auto found = entries_.find(std::string(sid));
    if (found != entries_.end()) found->second.payload_limit = bytes;
  }
  void erase(std::string_view sid) SECURECHAT_EXCLUDES(mutex_) {
    MutexLock lock(mutex_);
    entries_.erase(std::string(sid));
  }
  // Nothing when no session has that sid.
  [[nodiscard]] std::optional<Entry> find(std::string_view sid) const SECURECHAT_EXCLUDES(mutex_) {
    MutexLock lock(mutex_);
    const auto found = entries_.find(std::string(sid));
    if (found == entries_.end()) return std::nullopt;
    return found->second;
  }
  [[nodiscard]] std::size_t size() const SECURECHAT_EXCLUDES(mutex_) {
    MutexLock lock(mutex_);
    return entries_.size();
  }

 private:
  mutable Mutex mutex_;
  std::unordered_map<std::string, Entry> entries_ SECURECHAT_GUARDED_BY(mutex_);
};

}  // namespace securechat::connection
