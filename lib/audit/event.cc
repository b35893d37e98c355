#include "audit/event.h"

#include <array>

#include "base/digest.h"
#include "base/json.h"
#include "base/log.h"
#include "base/text.h"

namespace securechat::audit {
namespace {

constexpr std::array<std::string_view, kNameCount> kNames{
    "register",       "login.ok",        "login.fail",        "login.throttled", "refresh",
    "refresh.reused", "logout",          "password.changed",  "connect.ok",      "connect.refused",
    "join.denied",    "message.refused", "message.moderated", "rate.limited",    "payload.refused",
    "protocol.error", "slow.consumer",   "config.reloaded",   "tls.failed",      "server.start",
    "server.stop"};

constexpr std::size_t kSidHashDigits = 32;

std::string_view text_of(Outcome result) {
  switch (result) {
    case Outcome::kOk:
      return "ok";
    case Outcome::kRefused:
      return "refused";
    case Outcome::kFailed:
      return "failed";
  }
  return "failed";
}

// Three bytes more than are written, so that the cut sees whole code points.
std::string kept(std::string_view text) {
  return std::string(text.substr(0, kMaxLogValueBytes + 3));
}

void append(JsonWriter& json, JsonKey key, std::string_view text) {
  if (!text.empty()) json.key(key).string(log_safe(text));
}

}  // namespace

std::string_view text_of(Name name) {
  return kNames.at(static_cast<std::size_t>(name));
}

KeptEvent::KeptEvent(const Event& event, std::int64_t unix_ms_in)
    : name(event.name),
      result(event.result),
      unix_ms(unix_ms_in),
      reason(kept(event.reason)),
      request(kept(event.request)),
      user_id(kept(event.user_id)),
      sid(kept(event.sid)),
      origin(kept(event.origin)) {
  if (event.address != nullptr) address = *event.address;
}

std::string members_of(const KeptEvent& event, bool truncate) {
  std::string text;
  JsonWriter json(text);
  json.begin_object().key("ts").string(iso8601(event.unix_ms));
  json.key("event").string(text_of(event.name)).key("result").string(text_of(event.result));
  append(json, "reason", event.reason);
  append(json, "request_id", event.request);
  append(json, "user_id", event.user_id);
  if (!event.sid.empty()) {
    const Result<std::string> hash = sha256(event.sid);
    // Without a hash there is nothing that could stand for the sid.
    if (hash.ok()) json.key("sid_hash").string(hex_encode(*hash).substr(0, kSidHashDigits));
  }
  if (event.address) {
    append(json, "address", truncate ? event.address->network() : event.address->to_string());
  }
  append(json, "origin", event.origin);
  return text.substr(1);  // The object stays open for what the chain adds.
}

std::string own_members(std::string_view name, std::int64_t unix_ms, std::string_view more) {
  std::string text = R"("ts":)" + json_string(iso8601(unix_ms)) + R"(,"event":)" +
                     json_string(name) + R"(,"result":"ok")";
  return text.append(more);
}

}  // namespace securechat::audit
