#include "base/random.h"

#include <openssl/rand.h>

#include <algorithm>

#include "base/text.h"

namespace securechat {
namespace {

Result<std::string> random_string(std::size_t bytes) {
  std::string raw(bytes, '\0');
  Status status = random_bytes({reinterpret_cast<unsigned char*>(raw.data()), raw.size()});
  if (!status.ok()) {
    return status;
  }
  return raw;
}

}  // namespace

Status random_bytes(std::span<unsigned char> out) {
  constexpr std::size_t kChunk = std::size_t{1} << 20;  // RAND_bytes counts in int.
  while (!out.empty()) {
    const std::size_t size = std::min(out.size(), kChunk);
    if (RAND_bytes(out.data(), static_cast<int>(size)) != 1) {
      return {Code::kInternal, "the system's random generator failed; nothing was made from it"};
    }
    out = out.subspan(size);
  }
  return {};
}

Result<std::string> random_hex(std::size_t bytes) {
  Result<std::string> raw = random_string(bytes);
  if (!raw.ok()) {
    return raw;
  }
  return hex_encode(*raw);
}

Result<std::string> random_base64url(std::size_t bytes) {
  Result<std::string> raw = random_string(bytes);
  if (!raw.ok()) {
    return raw;
  }
  return base64url_encode(*raw);
}

}  // namespace securechat
