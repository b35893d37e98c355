#include "base/digest.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <climits>

namespace securechat {
namespace {

constexpr std::size_t kSha256Bytes = 32;

// OpenSSL takes a null pointer for "no key given", which is not the same as an empty key.
const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.empty() ? "" : text.data());
}

unsigned char* writable(std::string& text) {
  return reinterpret_cast<unsigned char*>(text.data());
}

}  // namespace

Result<std::string> sha256(std::string_view bytes) {
  std::string out(kSha256Bytes, '\0');
  unsigned int size = 0;
  if (EVP_Digest(bytes_of(bytes), bytes.size(), writable(out), &size, EVP_sha256(), nullptr) != 1 ||
      size != kSha256Bytes) {
    return {Code::kInternal, "OpenSSL could not compute SHA-256; check its provider configuration"};
  }
  return out;
}

Result<std::string> hmac_sha256(std::string_view key, std::string_view bytes) {
  if (key.size() > INT_MAX) {
    return {Code::kInvalid, "an HMAC key is longer than OpenSSL takes"};
  }
  std::string out(kSha256Bytes, '\0');
  unsigned int size = 0;
  if (HMAC(EVP_sha256(), bytes_of(key), static_cast<int>(key.size()), bytes_of(bytes), bytes.size(),
           writable(out), &size) == nullptr ||
      size != kSha256Bytes) {
    return {Code::kInternal,
            "OpenSSL could not compute HMAC-SHA256; check its provider configuration"};
  }
  return out;
}

}  // namespace securechat
