#include "auth/key_set.h"

#include <algorithm>
#include <iterator>
#include <optional>
#include <utility>

#include "auth/token_keys.h"
#include "base/json.h"
#include "base/random.h"
#include "base/text.h"

namespace securechat::auth {
namespace {

constexpr std::size_t kMaxKidBytes = 64;
constexpr std::size_t kKeyBytes = 32;
constexpr std::size_t kKidRandomBytes = 4;

// `place` counts from 1, as people do.
Status bad_entry(std::size_t place, std::string_view kid, std::string_view fault) {
  std::string message = "key " + std::to_string(place);
  if (!kid.empty()) message.append(" (\"").append(kid).append("\")");
  return {Code::kInvalid, message.append(" ").append(fault)};
}

bool holds(const std::vector<HmacKey>& keys, std::string_view kid) {
  return std::ranges::any_of(keys, [kid](const HmacKey& key) { return key.kid == kid; });
}

// Reads the text of a key into `out`, or says what is wrong with it.
std::string_view take_key(JsonView entry, Secret& out) {
  const std::optional<std::string_view> text = entry["k"].as_string();
  std::string bytes;
  if (!text || text->empty()) return "has no k, its secret in base64url";
  const bool decoded = base64url_decode(*text, bytes);
  out = Secret::take(std::move(bytes));
  // What it spells counts, too: a placeholder is no better for being decoded.
  const bool placeholder = is_placeholder(*text);
  // The document's own copy, which lives on the heap and is nobody's constant.
  wipe(const_cast<char*>(text->data()), text->size());
  if (!decoded) return "has a k that is not base64url without padding";
  if (placeholder) return "is a placeholder that everybody knows; make another one";
  return {};
}

// What is wrong with an entry beside its key.
std::string_view fault_of(JsonView entry, const KeySet& keys) {
  const std::optional<std::string_view> kid = entry["kid"].as_string();
  if (entry["kty"].as_string() != "oct") return "must have the kty \"oct\"";
  if (!kid || !is_kid(*kid)) return "needs a kid of 1 to 64 letters, digits or . _ -";
  if (holds(keys.access, *kid) || holds(keys.refresh, *kid)) {
    return "has the kid of an earlier key; give each its own";
  }
  if (entry["alg"].exists() && entry["alg"].as_string() != "HS256") return "must have alg HS256";
  if (entry["use"].as_string() != "access" && entry["use"].as_string() != "refresh") {
    return "must have a use, \"access\" or \"refresh\"";
  }
  return {};
}

Status take_entry(JsonView entry, std::size_t place, KeySet& keys) {
  const std::string_view shown = entry["kid"].as_string().value_or(std::string_view());
  const std::string kid(is_kid(shown) ? shown : std::string_view());
  if (const std::string_view fault = fault_of(entry, keys); !fault.empty()) {
    return bad_entry(place, kid, fault);
  }
  HmacKey key{kid, {}};
  if (const std::string_view fault = take_key(entry, key.key); !fault.empty()) {
    return bad_entry(place, kid, fault);
  }
  (entry["use"].as_string() == "access" ? keys.access : keys.refresh).push_back(std::move(key));
  return {};
}

void append_keys(JsonWriter& json, const std::vector<HmacKey>& keys, std::string_view use) {
  for (const HmacKey& key : keys) {
    std::string text = base64url_encode(key.key.view());
    json.begin_object().key("kty").string("oct").key("use").string(use);
    json.key("kid").string(key.kid).key("alg").string("HS256").key("k").string(text).end_object();
    wipe(text);
  }
}

Status put_new_key(std::vector<HmacKey>& keys, std::size_t keep, const std::string& kid_stem) {
  const Result<std::string> mark = random_hex(kKidRandomBytes);
  if (!mark.ok()) return mark.status();
  Result<std::string> text = random_base64url(kKeyBytes);
  if (!text.ok()) return text.status();
  std::string bytes;
  (void)base64url_decode(*text, bytes);
  wipe(*text);
  if (keys.size() > keep) keys.erase(keys.begin() + static_cast<std::ptrdiff_t>(keep), keys.end());
  keys.insert(keys.begin(), HmacKey{kid_stem + *mark, Secret::take(std::move(bytes))});
  return {};
}

}  // namespace

bool is_kid(std::string_view text) {
  return !text.empty() && text.size() <= kMaxKidBytes && std::ranges::all_of(text, [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '_' || c == '-';
  });
}

Result<KeySet> parse_key_set(std::string_view json) {
  const Result<JsonDocument> document = JsonDocument::parse(json);
  if (!document.ok()) return document.status();
  const JsonView entries = document->root()["keys"];
  if (!entries.is_array()) {
    return {Code::kInvalid,
            "is no key set: {\"keys\": [...]}; make one with: securechatd keys rotate FILE"};
  }
  if (entries.size() > kMaxKeysInSet) {
    return {Code::kInvalid, "holds more than " + std::to_string(kMaxKeysInSet) + " keys"};
  }
  KeySet keys;
  std::size_t place = 0;
  for (const auto& [name, entry] : entries.members()) {
    if (Status taken = take_entry(entry, ++place, keys); !taken.ok()) return taken;
  }
  for (const auto& [use, list] :
       {std::pair("access", &keys.access), std::pair("refresh", &keys.refresh)}) {
    if (list->empty()) return {Code::kInvalid, std::string("holds no key of the use ") + use};
  }
  if (Status good = check_keys(keys); !good.ok()) return good;
  return keys;
}

void write_key_set(const KeySet& keys, std::string& out) {
  // Room for all, so that no copy of it stays behind when the text grows.
  out.reserve(out.size() + 64 + (keys.access.size() + keys.refresh.size()) * 512);
  JsonWriter json(out);
  json.begin_object().key("keys").begin_array();
  append_keys(json, keys.access, "access");
  append_keys(json, keys.refresh, "refresh");
  json.end_array().end_object();
}

Result<KeySet> rotate_keys(KeySet keys, std::size_t keep, std::string_view kid_stem) {
  for (std::vector<HmacKey>* list : {&keys.access, &keys.refresh}) {
    if (Status made = put_new_key(*list, keep, std::string(kid_stem)); !made.ok()) return made;
  }
  return keys;
}

}  // namespace securechat::auth
