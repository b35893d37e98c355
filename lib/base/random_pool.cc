#include "base/random_pool.h"

#include "base/random.h"
#include "base/secret.h"
#include "base/text.h"

namespace securechat {

RandomPool::~RandomPool() {
  wipe(bytes_.data(), bytes_.size());
}

Result<std::string> RandomPool::hex(std::size_t bytes) {
  return take(bytes, hex_encode);
}

Result<std::string> RandomPool::base64url(std::size_t bytes) {
  return take(bytes, base64url_encode);
}

Result<std::string> RandomPool::take(std::size_t bytes, Encode encode) {
  if (left_ < bytes) {
    left_ = 0;
    if (Status status = random_bytes(bytes_); !status.ok()) return status;
    left_ = bytes_.size();
  }
  left_ -= bytes;
  unsigned char* const taken = bytes_.data() + left_;
  std::string text = encode({reinterpret_cast<const char*>(taken), bytes});
  wipe(taken, bytes);
  return text;
}

}  // namespace securechat
