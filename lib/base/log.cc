#include "base/log.h"

#include <cxxabi.h>

#include <algorithm>
#include <utility>

#include "base/json.h"
#include "base/log_limit.h"
#include "base/text.h"

namespace securechat {
namespace {

constexpr std::size_t kMaxMessageBytes = 1024;

const char* name_of(LogLevel level) {
  switch (level) {
    case LogLevel::kError:
      return "error";
    case LogLevel::kWarn:
      return "warn";
    case LogLevel::kInfo:
      return "info";
    case LogLevel::kDebug:
      return "debug";
  }
  return "debug";
}

// Nothing that could end the line, colour a terminal or turn the reading direction.
bool is_harmless(char32_t c) {
  return !is_control(c) && !is_bidi_control(c) && c != 0x2028 && c != 0x2029;
}

void append_text_value(std::string& line, std::string_view value) {
  const bool plain = !value.empty() && std::all_of(value.begin(), value.end(), [](char c) {
    return c > ' ' && c <= '~' && c != '"' && c != '=' && c != '\\';
  });
  if (plain) {
    line.append(value);
  } else {
    json_append_string(line, value);
  }
}

std::string text_line(const std::string& stamp, LogLevel level, std::string_view message,
                      std::initializer_list<LogField> fields) {
  std::string line = stamp;
  line.append(" ").append(name_of(level)).append(" ").append(message);
  for (const LogField& field : fields) {
    line.append(" ").append(field.key).append("=");
    append_text_value(line, log_safe(field.value));
  }
  return line;
}

std::string json_line(const std::string& stamp, LogLevel level, std::string_view message,
                      std::initializer_list<LogField> fields) {
  std::string line;
  JsonWriter json(line);
  json.begin_object().key("ts").string(stamp).key("level").string(name_of(level));
  json.key("msg").string(message);
  for (const LogField& field : fields) {
    json.key_text(field.key);
    if (field.literal) {
      json.raw(field.value);
    } else {
      json.string(log_safe(field.value));
    }
  }
  json.end_object();
  return line;
}

}  // namespace

std::string log_safe(std::string_view text, std::size_t max_bytes) {
  constexpr std::string_view kReplacement = "\uFFFD";
  std::string out;
  out.reserve(std::min(text.size(), max_bytes));
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t length = utf8_sequence_length(text, i);
    const std::string_view piece = length == 0 ? kReplacement : text.substr(i, length);
    std::size_t behind = i;
    const bool kept = is_harmless(next_code_point(text, behind));
    if (behind > max_bytes || (kept && out.size() + piece.size() > max_bytes)) {
      break;
    }
    if (kept) {
      out.append(piece);
    }
    i = behind;
  }
  return out;
}

Logger::Logger(const Clock& clock, LogFormat format, LogLevel level)
    : clock_(clock), format_(format), level_(level), limit_(std::make_unique<LogLimit>()) {}

Logger::~Logger() = default;

void Logger::set_sink(Sink sink) {
  MutexLock lock(mutex_);
  std::swap(sink_, sink);
}

void Logger::log(LogLevel level, std::string_view message, std::initializer_list<LogField> fields) {
  if (!enabled(level)) {
    return;
  }
  // A sink that comes back into the library must not wait for itself.
  thread_local bool writing = false;
  if (writing) {
    return;
  }
  try {
    const std::string stamp = iso8601(clock_.unix_ms());
    const std::string sentence = log_safe(message, kMaxMessageBytes);
    const std::string line = format_.load(std::memory_order_relaxed) == LogFormat::kJson
                                 ? json_line(stamp, level, sentence, fields)
                                 : text_line(stamp, level, sentence, fields);
    MutexLock lock(mutex_);
    if (sink_) {
      writing = true;
      sink_(level, line);
    }
  } catch (abi::__forced_unwind&) {
    writing = false;  // A host's thread that is cancelled in its sink unwinds through here.
    throw;
  } catch (...) {
    // A log that cannot be written never stops the server.
    lost_.fetch_add(1, std::memory_order_relaxed);
  }
  writing = false;
}

void Logger::limited(LogLevel level, std::string_view source, std::string_view message,
                     std::initializer_list<LogField> fields) {
  if (!enabled(level)) return;
  if (limit_->passes(message, source, clock_.monotonic_ms())) {
    log(level, message, fields);
  } else {
    lost_.fetch_add(1, std::memory_order_relaxed);
  }
}

void Logger::say_left_out(bool all) {
  for (const LogLimit::LeftOut& left_out : limit_->take(clock_.monotonic_ms(), all)) {
    log(LogLevel::kWarn,
        left_out.message + ": " + std::to_string(left_out.count) + " more like this in " +
            std::to_string(LogLimit::kWindowMs / 1000) + " s",
        {});
  }
}

}  // namespace securechat
