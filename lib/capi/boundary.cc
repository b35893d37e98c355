#include "capi/boundary.h"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>

#include "auth/handshake.h"
#include "base/log.h"
#include "base/text.h"

namespace securechat::capi {
namespace {

constexpr std::int32_t number(Code code) {
  return static_cast<std::int32_t>(code);
}

static_assert(number(Code::kOk) == SECURECHAT_OK);
static_assert(number(Code::kInvalid) == SECURECHAT_ERR_INVALID);
static_assert(number(Code::kNoMemory) == SECURECHAT_ERR_NO_MEMORY);
static_assert(number(Code::kState) == SECURECHAT_ERR_STATE);
static_assert(number(Code::kNotFound) == SECURECHAT_ERR_NOT_FOUND);
static_assert(number(Code::kExists) == SECURECHAT_ERR_EXISTS);
static_assert(number(Code::kAgain) == SECURECHAT_ERR_AGAIN);
static_assert(number(Code::kAuth) == SECURECHAT_ERR_AUTH);
static_assert(number(Code::kDenied) == SECURECHAT_ERR_DENIED);
static_assert(number(Code::kDatabase) == SECURECHAT_ERR_DATABASE);
static_assert(number(Code::kTls) == SECURECHAT_ERR_TLS);
static_assert(number(Code::kNetwork) == SECURECHAT_ERR_NETWORK);
static_assert(number(Code::kForked) == SECURECHAT_ERR_FORKED);
static_assert(number(Code::kThread) == SECURECHAT_ERR_THREAD);
static_assert(number(Code::kUnsupported) == SECURECHAT_ERR_UNSUPPORTED);
static_assert(number(Code::kInternal) == SECURECHAT_ERR_INTERNAL);

static_assert(static_cast<std::int32_t>(auth::Verdict::kNext) == SECURECHAT_VERDICT_NEXT);
static_assert(static_cast<std::int32_t>(auth::Verdict::kAllow) == SECURECHAT_VERDICT_ALLOW);
static_assert(static_cast<std::int32_t>(auth::Verdict::kDeny) == SECURECHAT_VERDICT_DENY);

static_assert(static_cast<std::int32_t>(LogLevel::kError) == SECURECHAT_LOG_ERROR);
static_assert(static_cast<std::int32_t>(LogLevel::kWarn) == SECURECHAT_LOG_WARN);
static_assert(static_cast<std::int32_t>(LogLevel::kInfo) == SECURECHAT_LOG_INFO);
static_assert(static_cast<std::int32_t>(LogLevel::kDebug) == SECURECHAT_LOG_DEBUG);

// A fixed buffer, so that reporting exhausted memory needs none and no destructor runs when a
// thread of the host ends.
constexpr std::size_t kLongestError = 1023;
thread_local char last_error[kLongestError + 1];

}  // namespace

securechat_status fail(Code code, std::string_view message) noexcept {
  std::size_t size = std::min(message.size(), kLongestError);
  // Never cut inside a character.
  while (size < message.size() && size > 0 &&
         (static_cast<unsigned char>(message[size]) & 0xc0) == 0x80) {
    --size;
  }
  std::memcpy(last_error, message.data(), size);
  last_error[size] = '\0';
  return number(code);
}

securechat_status fail(const Status& status) noexcept {
  return fail(status.code(), status.message());
}

Status check(const securechat_config* config) {
  if (config == nullptr) return {Code::kInvalid, "the configuration is NULL"};
  if (config->tag != securechat_config::kTag) {
    return {Code::kInvalid, "the pointer is no configuration, or it was freed"};
  }
  return {};
}

Status check(const securechat_server* server) {
  if (server == nullptr) return {Code::kInvalid, "the server is NULL"};
  if (server->tag != securechat_server::kTag) {
    return {Code::kInvalid, "the pointer is no server, or it was destroyed"};
  }
  if (server->owner != ::getpid()) {
    return {Code::kForked,
            "the server belongs to the parent process; create one after fork() instead"};
  }
  // A destroy function of the host, or its log, that comes back while the server is destroyed.
  if (server->impl == nullptr) return {Code::kState, "the server is being destroyed"};
  return {};
}

Status check_blocking(const securechat_server* server) {
  if (Status status = check(server); !status.ok()) return status;
  if (server->impl->in_callback()) {
    return {Code::kState, "this call waits, so that it must not be made from inside a callback"};
  }
  return {};
}

Status check_text(const char* text, std::string_view name, Empty empty) {
  if (text == nullptr) return {Code::kInvalid, std::string(name) + " is NULL"};
  if (*text == '\0' && empty == Empty::kRefused) {
    return {Code::kInvalid, std::string(name) + " is empty"};
  }
  if (!is_utf8(text)) return {Code::kInvalid, std::string(name) + " is not UTF-8 text"};
  return {};
}

Status take_text(const char* text, std::size_t len, std::string_view name, std::string_view& out) {
  if (text == nullptr) return {Code::kInvalid, std::string(name) + " is NULL"};
  out = std::string_view(text, len == SECURECHAT_ZSTR ? std::strlen(text) : len);
  if (out.empty()) return {Code::kInvalid, std::string(name) + " is empty"};
  if (!is_utf8(out)) return {Code::kInvalid, std::string(name) + " is not UTF-8 text"};
  if (out.find('\0') != std::string_view::npos) {
    return {Code::kInvalid, std::string(name) + " holds a NUL"};
  }
  return {};
}

void give_text(char** out, std::string_view text) {
  auto* const copy = static_cast<char*>(std::malloc(text.size() + 1));
  if (copy == nullptr) throw std::bad_alloc();
  std::memcpy(copy, text.data(), text.size());
  copy[text.size()] = '\0';
  *out = copy;
}

Status give(char** out, const Result<std::string>& result) {
  if (!result.ok()) return result.status();
  give_text(out, *result);
  return {};
}

}  // namespace securechat::capi

const char* securechat_last_error(void) {
  return securechat::capi::last_error;
}
