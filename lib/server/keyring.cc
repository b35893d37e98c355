#include "server/keyring.h"

#include <string>
#include <string_view>
#include <utility>

#include "auth/csrf.h"
#include "auth/tokens.h"
#include "base/digest.h"
#include "base/secret.h"
#include "server/key_file.h"
#include "server/small_file.h"

namespace securechat::server {
namespace {

// An issuer may publish a chain of certificates with each key.
constexpr std::size_t kLargestPublicKib = 1024;

void add_secret(const Config& config, std::string_view option, std::vector<auth::HmacKey>& keys) {
  Secret secret = Secret::take(config.text(option));
  if (!secret.empty()) keys.push_back({{}, std::move(secret)});
}

// A key that is known elsewhere is no secret between the server and its tokens.
Status check_own(const Config& config, const auth::KeySet& keys) {
  for (const std::string_view option : {"auth.pepper", "log.audit_key"}) {
    const Secret other = Secret::take(config.text(option));
    for (const auto* list : {&keys.access, &keys.refresh}) {
      for (const auth::HmacKey& key : *list) {
        if (!constant_time_equal(other.view(), key.key.view())) continue;
        return {Code::kInvalid, std::string(option) +
                                    " is also a key of tokens; give it its own; make one with: "
                                    "securechatd gen-secret"};
      }
    }
  }
  return {};
}

Result<auth::KeySet> own_keys(const Config& config) {
  auth::KeySet keys;
  if (const std::string path = config.text("auth.keys_file"); !path.empty()) {
    Result<auth::KeySet> read = read_key_file(path);
    if (!read.ok()) return Status(read.code(), "auth.keys_file " + read.message());
    keys = *std::move(read);
  }
  add_secret(config, "auth.jwt_secret", keys.access);
  add_secret(config, "auth.refresh_secret", keys.refresh);
  if (Status own = check_own(config, keys); !own.ok()) return own;
  return keys;
}

Status read_public_key(const Config& config, std::string& out) {
  const std::string path = config.text("auth.public_key");
  if (path.empty()) return {};
  const Result<SmallFile> file = read_small_file(path, kLargestPublicKib);
  if (file.ok()) out.assign(file->text.view());
  if (file.ok() && !out.empty()) return {};
  return {Code::kInvalid, "auth.public_key " + (file.ok() ? path + ": is empty" : file.message()) +
                              "; give the path of a PEM file or a JWK Set"};
}

// Of all keys together, with their lengths, so that no two sets look alike.
Result<std::string> mark_of(const auth::TokenOptions& options) {
  std::string text = options.public_keys;
  for (const auto* list : {&options.keys.access, &options.keys.refresh}) {
    text.append(1, '|');
    for (const auth::HmacKey& key : *list) {
      const Result<std::string> digest = sha256(key.key.view());
      if (!digest.ok()) return digest.status();
      text.append(key.kid).append(1, ':').append(*digest);
    }
  }
  return sha256(text);
}

}  // namespace

Result<std::shared_ptr<const auth::Keyring>> make_keyring(const Config& config) {
  auth::TokenOptions options;
  // Tokens count whole seconds; a shorter life is rounded up, because none would be born expired.
  options.access_ttl_s = (config.duration_ms("auth.jwt_expires_in") + 999) / 1000;
  options.refresh_ttl_s = (config.duration_ms("auth.refresh_expires_in") + 999) / 1000;
  options.issuer = config.text("auth.issuer");
  options.audience = config.text("auth.audience");
  options.algorithm = config.text("auth.algorithm");
  if (Status read = read_public_key(config, options.public_keys); !read.ok()) return read;
  Result<auth::KeySet> keys = own_keys(config);
  if (!keys.ok()) return keys.status();
  options.keys = *std::move(keys);
  Result<auth::Csrf> csrf = auth::Csrf::create(options.keys.access);
  if (!csrf.ok()) return csrf.status();
  Result<std::string> mark = mark_of(options);
  if (!mark.ok()) return mark.status();
  Result<std::unique_ptr<auth::Tokens>> tokens = auth::Tokens::create(std::move(options));
  if (!tokens.ok()) return tokens.status();
  return std::shared_ptr<const auth::Keyring>(
      new auth::Keyring{*std::move(tokens), *std::move(csrf), *std::move(mark)});
}

}  // namespace securechat::server
