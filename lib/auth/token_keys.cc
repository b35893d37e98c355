#include "auth/token_keys.h"

#include <algorithm>
#include <array>
#include <bitset>
#include <string>
#include <utility>
#include <vector>

#include "base/text.h"

namespace securechat::auth {
namespace {

constexpr std::string_view kAccessOption = "auth.jwt_secret";
constexpr std::string_view kRefreshOption = "auth.refresh_secret";
constexpr std::array<std::string_view, 4> kPlaceholders{
    "your-secret-key-256-bits", "your-refresh-secret", "secret", "changeme"};
// Random text of 32 characters, hex too, has more; "aaaa..." and "abababab..." have fewer.
constexpr std::size_t kMinDistinctBytes = 8;

Status refuse(std::string_view option, std::string_view fault) {
  return {Code::kInvalid, std::string(option) + " " + std::string(fault) +
                              "; make one with: securechatd gen-secret"};
}

// What a message calls a key.
std::string name_of(const HmacKey& key, std::string_view option) {
  return key.kid.empty() ? std::string(option) : "key \"" + key.kid + "\"";
}

std::size_t distinct_bytes(std::string_view text) {
  std::bitset<256> seen;
  for (const char c : text) {
    seen.set(static_cast<unsigned char>(c));
  }
  return seen.count();
}

}  // namespace

bool is_placeholder(std::string_view secret) {
  std::string lower = ascii_lower(trim_ascii(secret));
  const bool found = std::ranges::any_of(kPlaceholders, [&lower](std::string_view placeholder) {
    std::string_view rest = lower;
    while (rest.starts_with(placeholder)) rest.remove_prefix(placeholder.size());
    return rest.empty() && !lower.empty();
  });
  wipe(lower);
  return found;
}

Status check_secret(std::string_view option, std::string_view secret) {
  if (secret.empty()) {
    return refuse(option, "is missing");
  }
  if (is_placeholder(secret)) {
    return refuse(option, "is a placeholder that everybody knows");
  }
  if (secret.size() < kMinSecretBytes) {
    return refuse(option, "has " + std::to_string(secret.size()) + " bytes and needs at least " +
                              std::to_string(kMinSecretBytes));
  }
  if (distinct_bytes(secret) < kMinDistinctBytes) {
    return refuse(option, "repeats a few characters and is easily guessed");
  }
  return {};
}

Status check_keys(const KeySet& keys) {
  std::vector<std::pair<std::string, std::string_view>> seen;
  for (const auto& [option, list] :
       {std::pair(kAccessOption, &keys.access), std::pair(kRefreshOption, &keys.refresh)}) {
    for (const HmacKey& key : *list) {
      std::string name = name_of(key, option);
      if (Status good = check_secret(name, key.key.view()); !good.ok()) return good;
      for (const auto& [other, bytes] : seen) {
        if (constant_time_equal(key.key.view(), bytes)) {
          return refuse(name, "equals " + other + "; give each its own");
        }
      }
      seen.emplace_back(std::move(name), key.key.view());
    }
  }
  return {};
}

Status check_token_options(const TokenOptions& options) {
  if (options.access_ttl_s < 1) {
    return {Code::kInvalid, "auth.jwt_expires_in is under a second; give at least 1s"};
  }
  if (options.refresh_ttl_s < 1) {
    return {Code::kInvalid, "auth.refresh_expires_in is under a second; give at least 1s"};
  }
  if (options.algorithm == "RS256" || options.algorithm == "ES256") {
    return {};
  }
  if (options.algorithm != "HS256") {
    return {Code::kInvalid, "auth.algorithm is unknown; it is one of HS256, RS256, ES256"};
  }
  if (!options.public_keys.empty()) {
    return {Code::kInvalid,
            "auth.public_key does not go with auth.algorithm HS256; give RS256 or ES256"};
  }
  if (options.keys.access.empty()) return refuse(kAccessOption, "is missing");
  if (options.keys.refresh.empty()) return refuse(kRefreshOption, "is missing");
  return check_keys(options.keys);
}

}  // namespace securechat::auth
