#include "base/digest.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/params.h>

#include <climits>
#include <memory>
#include <utility>

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

Result<std::string> hmac(const EVP_MD* digest, std::string_view key, std::string_view bytes) {
  if (key.size() > INT_MAX) {
    return {Code::kInvalid, "an HMAC key is longer than OpenSSL takes"};
  }
  std::string out(static_cast<std::size_t>(EVP_MD_get_size(digest)), '\0');
  unsigned int size = 0;
  if (HMAC(digest, bytes_of(key), static_cast<int>(key.size()), bytes_of(bytes), bytes.size(),
           writable(out), &size) == nullptr ||
      size != out.size()) {
    return {Code::kInternal, "OpenSSL could not compute an HMAC; check its provider configuration"};
  }
  return out;
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
  return hmac(EVP_sha256(), key, bytes);
}

Result<std::string> hmac_sha384(std::string_view key, std::string_view bytes) {
  return hmac(EVP_sha384(), key, bytes);
}

Result<HmacSha256> HmacSha256::create(std::string_view key) {
  const Status failed(Code::kInternal,
                      "OpenSSL could not prepare HMAC-SHA256; check its provider configuration");
  const std::unique_ptr<EVP_MAC, decltype(&EVP_MAC_free)> mac(
      EVP_MAC_fetch(nullptr, OSSL_MAC_NAME_HMAC, nullptr), EVP_MAC_free);
  if (!mac) return failed;
  const std::shared_ptr<void> keyed(EVP_MAC_CTX_new(mac.get()), [](void* context) {
    EVP_MAC_CTX_free(static_cast<EVP_MAC_CTX*>(context));
  });
  char digest[] = "SHA256";
  const OSSL_PARAM parameters[] = {
      OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
      OSSL_PARAM_construct_end()};
  if (!keyed || EVP_MAC_init(static_cast<EVP_MAC_CTX*>(keyed.get()), bytes_of(key), key.size(),
                             parameters) != 1) {
    return failed;
  }
  return HmacSha256(keyed);
}

Result<std::string> HmacSha256::of(std::string_view bytes) const {
  const std::unique_ptr<EVP_MAC_CTX, decltype(&EVP_MAC_CTX_free)> context(
      EVP_MAC_CTX_dup(static_cast<const EVP_MAC_CTX*>(keyed_.get())), EVP_MAC_CTX_free);
  std::string out(kSha256Bytes, '\0');
  std::size_t size = 0;
  if (!context || EVP_MAC_update(context.get(), bytes_of(bytes), bytes.size()) != 1 ||
      EVP_MAC_final(context.get(), writable(out), &size, out.size()) != 1 || size != kSha256Bytes) {
    return {Code::kInternal,
            "OpenSSL could not compute HMAC-SHA256; check its provider configuration"};
  }
  return out;
}

}  // namespace securechat
