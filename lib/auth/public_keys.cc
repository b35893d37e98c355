#include "auth/public_keys.h"

#include <algorithm>
#include <utility>

#include "auth/jwk_set.h"
#include "base/text.h"

namespace securechat::auth {
namespace {

Result<std::vector<IssuerKey>> read_pem(std::string_view algorithm, std::string_view pem) {
  IssuerKey key{{}, read_pem_key(pem)};
  if (!key.key) {
    return {Code::kInvalid,
            "is neither a public key in PEM, which begins with -----BEGIN PUBLIC KEY-----, nor a "
            "JWK Set"};
  }
  if (const std::string_view fault = key_fault(algorithm, key.key.get()); !fault.empty()) {
    return {Code::kInvalid, std::string(fault)};
  }
  std::vector<IssuerKey> keys;
  keys.push_back(std::move(key));
  return keys;
}

}  // namespace

Result<PublicKeys> PublicKeys::create(std::string_view algorithm, std::string_view text) {
  const bool json = trim_ascii(text).starts_with('{');
  Result<std::vector<IssuerKey>> keys =
      json ? read_jwk_set(text, algorithm) : read_pem(algorithm, text);
  if (!keys.ok()) return Status(keys.code(), "auth.public_key " + keys.message());
  PublicKeys ready;
  ready.algorithm_ = algorithm;
  ready.keys_ = *std::move(keys);
  return ready;
}

const IssuerKey* PublicKeys::find(const CompactToken& token) const {
  const bool only = keys_.size() == 1;
  if (only && (!token.kid || keys_.front().kid.empty())) return &keys_.front();
  if (!token.kid) return nullptr;
  const auto found = std::ranges::find(keys_, *token.kid, &IssuerKey::kid);
  return found == keys_.end() ? nullptr : &*found;
}

bool PublicKeys::signed_by_one(const CompactToken& token) const {
  const IssuerKey* const key = find(token);
  return key != nullptr &&
         signature_fits(algorithm_, key->key.get(), token.signing_input, token.signature);
}

}  // namespace securechat::auth
