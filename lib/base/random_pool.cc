#include "base/random_pool.h"

#include <string_view>

#include "base/random.h"
#include "base/secret.h"
#include "base/text.h"

namespace securechat {

RandomPool::~RandomPool() {
  wipe(bytes_.data(), bytes_.size());
}

Result<std::string> RandomPool::hex(std::size_t bytes) {
  if (left_ < bytes) {
    left_ = 0;
    if (Status status = random_bytes(bytes_); !status.ok()) return status;
    left_ = bytes_.size();
  }
  left_ -= bytes;
  unsigned char* const taken = bytes_.data() + left_;
  std::string text = hex_encode({reinterpret_cast<const char*>(taken), bytes});
  wipe(taken, bytes);
  return text;
}

}  // namespace securechat
