#include "auth/hmac_keys.h"

#include <algorithm>
#include <utility>

#include "base/secret.h"

namespace securechat::auth {

Result<HmacKeys> HmacKeys::create(std::span<const HmacKey> keys) {
  HmacKeys ready;
  for (const HmacKey& key : keys) {
    Result<HmacSha256> mac = HmacSha256::create(key.key.view());
    if (!mac.ok()) return mac.status();
    ready.macs_.push_back({key.kid, *std::move(mac)});
  }
  return ready;
}

bool HmacKeys::signed_by_one(const CompactToken& token) const {
  // "" in a token is no name: only a header without `kid` finds the key without one.
  if (token.kid && token.kid->empty()) return false;
  const std::string_view kid = token.kid ? std::string_view(*token.kid) : std::string_view();
  const auto found = std::ranges::find(macs_, kid, &Mac::kid);
  if (found == macs_.end()) return false;
  Result<std::string> mac = found->mac.of(token.signing_input);
  return mac.ok() && constant_time_equal(*mac, token.signature);
}

}  // namespace securechat::auth
