#include "auth/csrf.h"

#include <algorithm>

#include "base/digest.h"
#include "base/random.h"
#include "base/text.h"

namespace securechat::auth {
namespace {

// Keys for different uses are different keys: this label is what tells this one from the MAC of a
// token under the same secret.
constexpr std::string_view kLabel = "securechat csrf token v1";
constexpr std::size_t kRandomBytes = 16;
constexpr std::size_t kMacDigits = 64;
constexpr std::size_t kRandomDigits = 2 * kRandomBytes;

bool is_lower_hex(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

// hex(HMAC(key, len!sid!len!random)). The lengths make it one reading only, whatever a sid holds.
Result<std::string> mac_of(std::string_view key, std::string_view sid, std::string_view random) {
  std::string message = std::to_string(sid.size());
  message.append("!").append(sid).append("!");
  message.append(std::to_string(random.size())).append("!").append(random);
  Result<std::string> mac = hmac_sha256(key, message);
  if (!mac.ok()) {
    return mac;
  }
  return hex_encode(*mac);
}

}  // namespace

Result<Csrf> Csrf::create(std::span<const HmacKey> access_keys) {
  Csrf csrf;
  for (const HmacKey& key : access_keys) {
    Result<std::string> derived = hmac_sha256(key.key.view(), kLabel);
    if (!derived.ok()) {
      return derived.status();
    }
    csrf.keys_.push_back(Secret::take(std::move(*derived)));
  }
  return csrf;
}

Result<std::string> Csrf::issue(std::string_view sid) const {
  if (keys_.empty() || sid.empty()) {
    return {Code::kState,
            "CSRF tokens need auth.jwt_secret or auth.keys_file, and a login session"};
  }
  Result<std::string> random = random_hex(kRandomBytes);
  if (!random.ok()) {
    return random;
  }
  Result<std::string> mac = mac_of(keys_.front().view(), sid, *random);
  if (!mac.ok()) {
    return mac;
  }
  return *mac + "." + *random;
}

bool Csrf::verify(std::string_view sid, std::string_view token) const {
  if (keys_.empty() || sid.empty() || token.size() != kMacDigits + 1 + kRandomDigits ||
      token[kMacDigits] != '.') {
    return false;
  }
  const std::string_view random = token.substr(kMacDigits + 1);
  if (!is_lower_hex(random)) {
    return false;
  }
  return std::ranges::any_of(keys_, [&](const Secret& key) {
    const Result<std::string> mac = mac_of(key.view(), sid, random);
    return mac.ok() && constant_time_equal(*mac, token.substr(0, kMacDigits));
  });
}

}  // namespace securechat::auth
