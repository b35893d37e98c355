#include "base/log_limit.h"

#include <utility>

namespace securechat {

bool LogLimit::passes(std::string_view message, std::string_view source, std::int64_t now_ms) {
  MutexLock lock(mutex_);
  auto found = messages_.find(message);
  if (found == messages_.end()) {
    found = messages_.emplace(std::string(message), Message()).first;
    found->second.number = messages_.size();
    found->second.since_ms = now_ms;
  }
  Message& entry = found->second;
  if (now_ms - entry.since_ms >= kWindowMs) {
    entry.left_out_before += std::exchange(entry.left_out, 0);
    entry.written = 0;
    entry.since_ms = now_ms;
  }
  if (entry.written < kPerMessage &&
      sources_.attempt(std::to_string(entry.number) + ' ' + std::string(source), now_ms).allowed) {
    ++entry.written;
    return true;
  }
  ++entry.left_out;
  return false;
}

std::vector<LogLimit::LeftOut> LogLimit::take(std::int64_t now_ms, bool all) {
  std::vector<LeftOut> taken;
  MutexLock lock(mutex_);
  for (auto& [message, entry] : messages_) {
    std::uint64_t count = std::exchange(entry.left_out_before, 0);
    if (all || now_ms - entry.since_ms >= kWindowMs) count += std::exchange(entry.left_out, 0);
    if (count > 0) taken.push_back({message, count});
  }
  return taken;
}

}  // namespace securechat
