#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/ip_address.h"

namespace securechat::audit {

// What is written down. The texts are docs/protocol.md's, in the order of kNames in event.cc.
enum class Name : std::uint8_t {
  kRegister,
  kLoginOk,
  kLoginFail,
  kLoginThrottled,
  kRefresh,
  kRefreshReused,
  kLogout,
  kPasswordChanged,
  kConnectOk,
  kConnectRefused,
  kJoinDenied,
  kMessageRefused,
  kMessageModerated,
  kRateLimited,
  kPayloadRefused,
  kProtocolError,
  kSlowConsumer,
  kConfigReloaded,
  kTlsFailed,
  kServerStart,
  kServerStop,
};
inline constexpr std::size_t kNameCount = 21;
[[nodiscard]] std::string_view text_of(Name name);

enum class Outcome : std::uint8_t { kOk, kRefused, kFailed };

// One event as whoever saw it knows it; everything is borrowed, what is not known stays empty.
// Never in it: passwords, tokens, what people write, e-mail addresses.
struct Event {
  Name name;
  Outcome result = Outcome::kRefused;
  std::string_view reason = {};   // A word of a closed list, or a host's public reason.
  std::string_view request = {};  // Names the request or the connection among others of its time.
  std::string_view user_id = {};
  std::string_view sid = {};  // Of the login session; its hash is written, never it itself.
  const IpAddress* address = nullptr;
  std::string_view origin = {};
};

// An event that waits to be written: a copy, in which no text is longer than can be written.
struct KeptEvent {
  KeptEvent(const Event& event, std::int64_t unix_ms_in);

  Name name;
  Outcome result;
  std::int64_t unix_ms;
  std::string reason;
  std::string request;
  std::string user_id;
  std::string sid;
  std::optional<IpAddress> address;
  std::string origin;
};

// The members of the JSON object of an event, without its braces: one line whatever the event
// holds. `truncate`: of an address only the network is written.
[[nodiscard]] std::string members_of(const KeptEvent& event, bool truncate);

// What the log says of itself: that events were lost, a line torn, a file begun. `name` begins with
// "audit.", `more` are further members with a comma in front.
[[nodiscard]] std::string own_members(std::string_view name, std::int64_t unix_ms,
                                      std::string_view more);

}  // namespace securechat::audit
