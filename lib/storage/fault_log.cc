#include "storage/fault_log.h"

namespace securechat::storage {
namespace {
constexpr std::int64_t kSilenceMs = 1000;
}  // namespace

void FaultLog::report(std::string_view message, std::string_view detail) {
  const std::int64_t now_ms = clock_.monotonic_ms();
  if (now_ms < silent_until_ms_) {
    ++left_out_;
    return;
  }
  if (left_out_ == 0) {
    log_.error(message, {{"detail", detail}});
  } else {
    log_.error(message, {{"detail", detail}, {"left_out", left_out_}});
  }
  left_out_ = 0;
  silent_until_ms_ = now_ms + kSilenceMs;
}

}  // namespace securechat::storage
