#include "securechat/common.h"

#include <cstdlib>
#include <iterator>
#include <string_view>

static_assert(std::string_view(SECURECHAT_VERSION_STRING) == SECURECHAT_PROJECT_VERSION,
              "CMakeLists.txt and securechat/common.h name different versions");

uint32_t securechat_version(void) {
  return SECURECHAT_VERSION;
}

const char* securechat_version_string(void) {
  return SECURECHAT_VERSION_STRING;
}

int securechat_has_feature(const char* name) {
  if (name == nullptr) return 0;
  for (const std::string_view feature : {"tls", "websocket", "plain", "static"}) {
    if (feature == name) return 1;
  }
  return 0;
}

const char* securechat_strerror(securechat_status status) {
  static constexpr const char* kTexts[] = {
      "success",
      "invalid argument",
      "memory is exhausted",
      "wrong state",
      "not found",
      "exists already",
      "try again",
      "not authenticated",
      "not permitted",
      "database failure",
      "TLS failure",
      "network failure",
      "a parent's handle after fork",
      "wrong thread or no thread",
      "not supported",
      "internal error",
  };
  const bool known = status <= 0 && status > -static_cast<securechat_status>(std::size(kTexts));
  return known ? kTexts[-status] : "unknown status";
}

void securechat_free(void* memory) {
  std::free(memory);
}
