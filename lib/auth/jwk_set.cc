#include "auth/jwk_set.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "auth/key_set.h"
#include "base/json.h"
#include "base/text.h"

namespace securechat::auth {
namespace {

constexpr std::size_t kMaxKidBytes = 256;

// RFC 7517 lets an issuer choose any text, and the keys of some are named in base64 with its signs.
bool is_issuers_kid(std::string_view text) {
  return !text.empty() && text.size() <= kMaxKidBytes &&
         std::ranges::all_of(text, [](char c) { return c > ' ' && c <= '~'; });
}

bool is_text(JsonView member) {
  return !member.exists() || member.as_string().has_value();
}

bool lists_verify(JsonView key_ops) {
  const auto operations = key_ops.members();
  return std::ranges::any_of(
      operations, [](const auto& member) { return member.second.as_string() == "verify"; });
}

// Whether the entry says that it is for something else than tokens of the algorithm.
bool is_for_others(JsonView entry, std::string_view algorithm) {
  const std::string_view kty = algorithm == "ES256" ? "EC" : "RSA";
  return entry["kty"].as_string() != kty ||
         (kty == "EC" && entry["crv"].exists() && entry["crv"].as_string() != "P-256") ||
         (entry["use"].exists() && entry["use"].as_string() != "sig") ||
         (entry["alg"].exists() && entry["alg"].as_string() != algorithm) ||
         (entry["key_ops"].exists() && !lists_verify(entry["key_ops"]));
}

// What is wrong with an entry, whatever it is for.
std::string_view form_fault(JsonView entry) {
  if (!entry["kty"].as_string()) return "has no kty";
  if (entry["kty"].as_string() == "oct") return "is a secret key; an issuer publishes none";
  for (const char* member : {"alg", "use", "crv", "kid"}) {
    if (!is_text(entry[member])) return "has an alg, use, crv or kid that is no text";
  }
  if (entry["key_ops"].exists() && !entry["key_ops"].is_array()) {
    return "has key_ops that are no list";
  }
  for (const char* member : {"d", "p", "q", "dp", "dq", "qi", "oth", "k"}) {
    if (entry[member].exists()) return "is a private key; give the public one only";
  }
  return {};
}

std::optional<std::string> number_in(JsonView entry, std::string_view member) {
  const std::optional<std::string_view> text = entry[member].as_string();
  std::string bytes;
  if (!text || text->empty() || !base64url_decode(*text, bytes)) return std::nullopt;
  return bytes;
}

// Makes the key, or says why it is none.
std::string_view take_key(JsonView entry, std::string_view algorithm, IssuerKey& out) {
  const bool curve = algorithm == "ES256";
  if (curve && !entry["crv"].exists()) return "has no crv";
  const auto first = number_in(entry, curve ? "x" : "n");
  const auto second = number_in(entry, curve ? "y" : "e");
  if (!first || !second) {
    return curve ? "has no x and y in base64url" : "has no n and e in base64url";
  }
  out.key = curve ? make_p256_key(*first, *second) : make_rsa_key(*first, *second);
  if (!out.key) return curve ? "is no point of the curve P-256" : "is no RSA key that can be used";
  return key_fault(algorithm, out.key.get());
}

std::string_view take_entry(JsonView entry, std::string_view algorithm,
                            std::vector<IssuerKey>& keys) {
  if (const std::string_view fault = form_fault(entry); !fault.empty()) return fault;
  if (is_for_others(entry, algorithm)) return {};
  IssuerKey key;
  if (entry["kid"].exists()) {
    key.kid = *entry["kid"].as_string();
    if (!is_issuers_kid(key.kid)) return "has a kid that is not 1 to 256 visible ASCII characters";
    const bool taken = std::ranges::find(keys, key.kid, &IssuerKey::kid) != keys.end();
    if (taken) return "has the kid of an earlier key";
  }
  const std::string_view fault = take_key(entry, algorithm, key);
  if (fault.empty()) keys.push_back(std::move(key));
  return fault;
}

}  // namespace

Result<std::vector<IssuerKey>> read_jwk_set(std::string_view json, std::string_view algorithm) {
  const Result<JsonDocument> document = JsonDocument::parse(json);
  if (!document.ok()) return document.status();
  const JsonView entries = document->root()["keys"];
  if (!entries.is_array()) return {Code::kInvalid, "is no JWK Set: {\"keys\": [...]}"};
  if (entries.size() > kMaxKeysInSet) {
    return {Code::kInvalid, "holds more than " + std::to_string(kMaxKeysInSet) + " keys"};
  }
  std::vector<IssuerKey> keys;
  std::size_t place = 0;
  for (const auto& [name, entry] : entries.members()) {
    ++place;
    if (const std::string_view fault = take_entry(entry, algorithm, keys); !fault.empty()) {
      return {Code::kInvalid, "key " + std::to_string(place) + " " + std::string(fault)};
    }
  }
  if (keys.empty()) {
    return {Code::kInvalid, "holds no key for auth.algorithm " + std::string(algorithm)};
  }
  const bool nameless = std::ranges::any_of(keys, &std::string::empty, &IssuerKey::kid);
  if (nameless && keys.size() > 1) {
    return {Code::kInvalid, "holds several keys, of which one has no kid; each needs its own"};
  }
  return keys;
}

}  // namespace securechat::auth
