#include "auth/pepper.h"

#include <utility>

#include "base/digest.h"
#include "base/text.h"

namespace securechat::auth {
namespace {

// Keys for different uses are different keys: no password is hashed under this text.
constexpr std::string_view kMarkLabel = "securechat pepper mark v1";
constexpr std::size_t kMarkBytes = 4;

}  // namespace

Result<std::shared_ptr<const Pepper>> Pepper::create(Secret key) {
  const Result<std::string> mark = hmac_sha256(key.view(), kMarkLabel);
  if (!mark.ok()) {
    return mark.status();
  }
  return std::shared_ptr<const Pepper>(new Pepper(
      std::move(key),
      std::string(kPepperFamily) + hex_encode(std::string_view(*mark).substr(0, kMarkBytes))));
}

Result<Secret> Pepper::season(std::string_view password) const {
  Result<std::string> mac = hmac_sha384(key_.view(), password);
  if (!mac.ok()) {
    return mac.status();
  }
  std::string text;
  text.reserve(64);  // No copy of it stays behind.
  base64_append(text, *mac);
  wipe(*mac);
  return Secret::take(std::move(text));
}

}  // namespace securechat::auth
