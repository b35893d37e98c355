#include "base/secret.h"

#include <openssl/crypto.h>

namespace securechat {

void wipe(void* data, std::size_t size) noexcept {
  if (size != 0) {
    OPENSSL_cleanse(data, size);
  }
}

void wipe(std::string& text) noexcept {
  // The bytes behind the length count too: a string that was moved from keeps its short text there.
  // Growing to the capacity does not allocate.
  text.resize(text.capacity());
  OPENSSL_cleanse(text.data(), text.size());
  text.clear();
}

bool constant_time_equal(std::string_view a, std::string_view b) noexcept {
  return a.size() == b.size() && (a.empty() || CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0);
}

Secret Secret::take(std::string&& bytes) {
  Secret secret;
  secret.bytes_ = std::move(bytes);
  wipe(bytes);
  return secret;
}

Secret::Secret(Secret&& other) noexcept : bytes_(std::move(other.bytes_)) {
  other.clear();
}

Secret& Secret::operator=(Secret&& other) noexcept {
  // As for any other move the source ends wiped and empty, also when it is this object.
  clear();
  if (this != &other) {
    bytes_ = std::move(other.bytes_);
    other.clear();
  }
  return *this;
}

}  // namespace securechat
