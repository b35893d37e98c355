#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "auth/principal.h"

namespace securechat::chat {

// Names a session: 64 bits of shard, slot and generation, never reused while the server lives.
using SessionId = std::uint64_t;

// A message before it is stored, as the host's hook sees it and may change it.
struct MessageDraft {
  SessionId session = 0;
  std::string_view nsp;
  std::string_view event;  // "send-message", or the host's own event.
  std::string_view room;
  std::string_view args;  // The JSON array of arguments as the peer sent it.
  std::string id;         // 32 hex digits.
  std::string body;       // Raw, trimmed text; the hook may replace it.
  std::string timestamp;  // ISO 8601 UTC.
  const auth::Principal* sender = nullptr;

  bool denied = false;
  std::string public_reason;  // What the sender hears when denied; empty: "Forbidden".
};

// Who receives what the host emits. Empty fields do not restrict; `nsp` empty is "/".
struct Target {
  std::string nsp;
  std::string room;
  std::string user_id;
  SessionId session = 0;  // Only this session.
  SessionId except = 0;   // Everyone but this session.
};

}  // namespace securechat::chat
