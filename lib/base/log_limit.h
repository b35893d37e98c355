#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/rate_limiter.h"
#include "base/thread_annotations.h"

namespace securechat {

// Which of the lines that a peer can provoke are written. Of one message and source a few are, of
// one message over all sources some more, so that a thousand addresses write no thousand lines; the
// rest is counted until the window of the message is over. Messages are sentences of ours, so that
// there are few of them. Any thread.
class LogLimit {
 public:
  static constexpr std::int64_t kWindowMs = 10'000;
  static constexpr std::int64_t kPerSource = 5;
  static constexpr std::int64_t kPerMessage = 50;

  // Whether the line is to be written.
  bool passes(std::string_view message, std::string_view source, std::int64_t now_ms)
      SECURECHAT_EXCLUDES(mutex_);

  struct LeftOut {
    std::string message;
    std::uint64_t count;
  };
  // What was left out in windows that are over; each is answered once. `all`: also of those that
  // are not.
  std::vector<LeftOut> take(std::int64_t now_ms, bool all) SECURECHAT_EXCLUDES(mutex_);

 private:
  struct Message {
    std::size_t number = 0;
    std::int64_t since_ms = 0;  // When its window began.
    std::int64_t written = 0;
    std::uint64_t left_out = 0;         // In this window,
    std::uint64_t left_out_before = 0;  // and in those before it that nobody has asked for.
  };

  Mutex mutex_;
  std::map<std::string, Message, std::less<>> messages_ SECURECHAT_GUARDED_BY(mutex_);
  RateLimiter sources_{kPerSource, kWindowMs, false, 4'096};
};

}  // namespace securechat
