#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "auth/key_set.h"
#include "base/clock.h"
#include "base/json.h"
#include "capi/boundary.h"
#include "securechat/config.h"
#include "server/key_file.h"

using namespace securechat;
using namespace securechat::capi;

namespace {

void append_names(JsonWriter& json, const std::vector<auth::HmacKey>& keys, std::string_view use) {
  for (const auth::HmacKey& key : keys) {
    json.begin_object().key("kid").string(key.kid).key("use").string(use);
    json.key("signs").boolean(&key == keys.data()).end_object();
  }
}

// An allow-list: the keys themselves stay in the file.
std::string names_json(const auth::KeySet& keys) {
  std::string text;
  JsonWriter json(text);
  json.begin_object().key("keys").begin_array();
  append_names(json, keys.access, "access");
  append_names(json, keys.refresh, "refresh");
  json.end_array().end_object();
  return text;
}

}  // namespace

securechat_status securechat_keys_rotate(const char* path, uint32_t keep, char** json) {
  return guard([=] {
    if (Status s = prepare(json); !s.ok()) return s;
    if (Status s = check_text(path, "the path of the key file"); !s.ok()) return s;
    constexpr std::uint32_t kMostKept = auth::kMaxKeysInSet / 2 - 1;
    if (keep > kMostKept) {
      return Status(Code::kInvalid,
                    "keep is at most " + std::to_string(kMostKept) + " keys of each use");
    }
    const Result<auth::KeySet> keys = server::rotate_key_file(path, keep, SystemClock().unix_ms());
    if (!keys.ok()) return keys.status();
    give_text(json, names_json(*keys));
    return Status();
  });
}
