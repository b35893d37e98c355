#pragma once

#include <atomic>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/task.h"
#include "base/thread_annotations.h"

namespace securechat {

class LogLimit;

// The values are those of the public SECURECHAT_LOG_* constants.
enum class LogLevel : std::int32_t { kError = 0, kWarn = 1, kInfo = 2, kDebug = 3 };
enum class LogFormat { kText, kJson };

inline constexpr std::size_t kMaxLogValueBytes = 256;

// Untrusted text for a log: cut at `max_bytes` at the border of a code point, invalid UTF-8
// replaced by U+FFFD, controls, line separators and bidi controls removed.
[[nodiscard]] std::string log_safe(std::string_view text,
                                   std::size_t max_bytes = kMaxLogValueBytes);

// One `key=value` of a log line. The value may be untrusted text: it is made safe by log_safe and
// escaped when the line is made.
struct LogField {
  // Three bytes more than are written, so that the cut sees whole code points.
  LogField(std::string_view k, std::string_view v)
      : key(k), value(v.substr(0, kMaxLogValueBytes + 3)) {}
  LogField(std::string_view k, const char* v) : LogField(k, std::string_view(v)) {}
  LogField(std::string_view k, const std::string& v) : LogField(k, std::string_view(v)) {}
  template <std::integral T>
  LogField(std::string_view k, T v) : key(k), value(std::to_string(v)), literal(true) {}
  LogField(std::string_view k, bool v) : key(k), value(v ? "true" : "false"), literal(true) {}

  std::string_view key;
  std::string value;
  bool literal = false;  // JSON text already: a number or a boolean.
};

// Makes one line per event, whatever the input holds, and hands it to the host's sink. Without a
// sink it is silent: the library writes nothing to stdout or stderr. Safe from any thread; sinks
// are called one at a time. What a sink logs itself, or throws, is dropped.
class Logger {
 public:
  // `line` has no newline and is NUL-terminated at line.size().
  using Sink = UniqueFunction<void(LogLevel level, std::string_view line)>;

  Logger(const Clock& clock, LogFormat format, LogLevel level);
  ~Logger();
  Logger(const Logger&) = delete;
  Logger& operator=(const Logger&) = delete;

  void set_sink(Sink sink) SECURECHAT_EXCLUDES(mutex_);
  void set_level(LogLevel level) { level_.store(level, std::memory_order_relaxed); }
  void set_format(LogFormat format) { format_.store(format, std::memory_order_relaxed); }
  [[nodiscard]] bool enabled(LogLevel level) const {
    return level <= level_.load(std::memory_order_relaxed);
  }

  // `message` is a sentence of ours, never untrusted text.
  void log(LogLevel level, std::string_view message, std::initializer_list<LogField> fields = {})
      SECURECHAT_EXCLUDES(mutex_);
  // A line that a peer can provoke as often as it likes. Of one message and source, such as the
  // peer's address, a few are written in ten seconds; the rest is counted.
  void limited(LogLevel level, std::string_view source, std::string_view message,
               std::initializer_list<LogField> fields = {}) SECURECHAT_EXCLUDES(mutex_);
  // Says what was left out, "... 123 more like this in 10 s": of windows that are over, or of all.
  void say_left_out(bool all = false) SECURECHAT_EXCLUDES(mutex_);
  // Lines that nobody got: left out, or because they could not be made or the sink threw.
  [[nodiscard]] std::uint64_t lost() const { return lost_.load(std::memory_order_relaxed); }

  void error(std::string_view m, std::initializer_list<LogField> f = {}) {
    log(LogLevel::kError, m, f);
  }
  void warn(std::string_view m, std::initializer_list<LogField> f = {}) {
    log(LogLevel::kWarn, m, f);
  }
  void info(std::string_view m, std::initializer_list<LogField> f = {}) {
    log(LogLevel::kInfo, m, f);
  }
  void debug(std::string_view m, std::initializer_list<LogField> f = {}) {
    log(LogLevel::kDebug, m, f);
  }

 private:
  const Clock& clock_;
  std::atomic<LogFormat> format_;
  std::atomic<LogLevel> level_;
  std::atomic<std::uint64_t> lost_ = 0;
  const std::unique_ptr<LogLimit> limit_;
  Mutex mutex_;
  Sink sink_ SECURECHAT_GUARDED_BY(mutex_);
};

}  // namespace securechat
