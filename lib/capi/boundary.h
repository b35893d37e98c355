#pragma once

#include <cxxabi.h>
#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <new>
#include <string>
#include <string_view>
#include <utility>

#include "base/status.h"
#include "securechat/common.h"
#include "server/config.h"
#include "server/server.h"

// What a handle points at. The tag is a best effort against pointers that are something else.
struct securechat_config {
  static constexpr std::uint64_t kTag = 0x7365636368617431;
  std::uint64_t tag = kTag;
  securechat::server::Config config;
};

struct securechat_server {
  static constexpr std::uint64_t kTag = 0x7365636368617432;
  std::uint64_t tag = kTag;
  pid_t owner = 0;
  std::unique_ptr<securechat::server::Server> impl;
};

namespace securechat::capi {

// Keeps the failure as this thread's last error and gives its code. Never throws or allocates.
securechat_status fail(const Status& status) noexcept;
securechat_status fail(Code code, std::string_view message) noexcept;

// Runs the body of an entry point; nothing but a forced unwind gets out. A forced unwind is
// pthread_exit or a cancellation passing through a callback: swallowing it would abort the process.
template <typename Body>
securechat_status guard(Body&& body) {
  try {
    const Status status = std::forward<Body>(body)();
    return status.ok() ? SECURECHAT_OK : fail(status);
  } catch (abi::__forced_unwind&) {
    throw;
  } catch (const std::bad_alloc&) {
    return fail(Code::kNoMemory, "memory is exhausted");
  } catch (const std::exception& error) {
    return fail(Code::kInternal, error.what());
  } catch (...) {
    return fail(Code::kInternal, "an exception of an unknown type");
  }
}

// kInvalid for NULL and for what is no handle; kForked in a child of the process that made it.
Status check(const securechat_config* config);
Status check(const securechat_server* server);
// As check, and kState inside one of the server's callbacks, where blocking would never end.
Status check_blocking(const securechat_server* server);

// A text argument, named by `name` in the failure: NULL, not UTF-8, or empty unless allowed.
enum class Empty { kRefused, kAllowed };
Status check_text(const char* text, std::string_view name, Empty empty = Empty::kRefused);
// Text with a length; `out` is the view of it. kInvalid as above and for a NUL inside.
Status take_text(const char* text, std::size_t len, std::string_view name, std::string_view& out);
// An optional text: NULL is empty.
[[nodiscard]] inline std::string_view or_empty(const char* text) {
  return text == nullptr ? std::string_view() : std::string_view(text);
}

// Hands a text to the caller of a `char **` function, in memory that securechat_free frees. Throws
// std::bad_alloc.
void give_text(char** out, std::string_view text);
// Gives the result's text; `out` is NULL when it failed. kInvalid for a NULL `out`.
Status give(char** out, const Result<std::string>& result);
// To be called first: kInvalid when `out` is NULL, else empties it.
template <typename T>
Status prepare(T** out) {
  if (out == nullptr) return {Code::kInvalid, "the result pointer is NULL"};
  *out = nullptr;
  return {};
}

// What the host attached to a registration; its destroy function runs exactly once, when this goes.
// Made before anything that can fail.
class HostData {
 public:
  HostData(void* data, securechat_destroy_fn destroy) noexcept : data_(data), destroy_(destroy) {}
  HostData(HostData&& other) noexcept
      : data_(other.data_), destroy_(std::exchange(other.destroy_, nullptr)) {}
  HostData& operator=(HostData&&) = delete;
  ~HostData() {
    if (destroy_ != nullptr) destroy_(data_);
  }
  [[nodiscard]] void* get() const { return data_; }

 private:
  void* data_;
  securechat_destroy_fn destroy_;
};

// Runs a callback of the host. False when it threw: it is logged, and counts as a refusal.
template <typename Call>
bool call_host(Logger& log, std::string_view what, Call&& call) {
  try {
    std::forward<Call>(call)();
    return true;
  } catch (abi::__forced_unwind&) {
    throw;
  } catch (const std::exception& error) {
    log.limited(LogLevel::kError, what, "a callback of the host threw",
                {{"callback", what}, {"what", error.what()}});
  } catch (...) {
    log.limited(LogLevel::kError, what, "a callback of the host threw", {{"callback", what}});
  }
  return false;
}

// What a borrowing getter returns: a NUL-terminated text and its length.
[[nodiscard]] inline const char* lend(const std::string& text, std::size_t* len) {
  if (len != nullptr) *len = text.size();
  return text.c_str();
}
[[nodiscard]] inline const char* lend_nothing(std::size_t* len) {
  if (len != nullptr) *len = 0;
  return nullptr;
}

}  // namespace securechat::capi
