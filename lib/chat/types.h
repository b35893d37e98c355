#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "auth/principal.h"
#include "base/status.h"
#include "base/task.h"

namespace securechat::chat {

// Names a session: 64 bits of shard, slot and generation, never reused while the server lives.
using SessionId = std::uint64_t;

class LateAck;

// A message before it is stored, as the host's hook sees it and may change it, or an event of the
// host's own.
struct MessageDraft {
  SessionId session = 0;
  std::string_view nsp;
  std::string_view event;  // "send-message", or the host's own event.
  std::string_view room;
  std::string_view args;                     // The JSON array of arguments as the peer sent it.
  std::span<const std::string> attachments;  // What the placeholders in `args` stand for.
  std::string id;                            // 32 hex digits.
  std::string body;                          // Raw, trimmed text; the hook may replace it.
  std::string timestamp;                     // ISO 8601 UTC.
  const auth::Principal* sender = nullptr;
  // The way to acknowledge an event of the host's own; null when that was not asked for.
  std::shared_ptr<LateAck> ack;

  bool denied = false;
  std::string public_reason;  // What the sender hears when denied; empty: "Forbidden".
};

// How an event that asked for an acknowledgement ended: kOk with what the client answered; kAgain
// when nothing came in time; kNotFound when the session ended before; kUnsupported when the client
// cannot be sent the event. Borrowed for the call.
struct AckAnswer {
  Code code = Code::kOk;
  std::string_view args = "[]";                   // A JSON array.
  std::span<const std::string> attachments = {};  // What the placeholders in it stand for.
};
using AckDone = UniqueFunction<void(const AckAnswer&)>;

// What the host emits; shared by the shards.
struct Emission {
  std::string event;
  std::string args;                      // A JSON array that was checked.
  std::vector<std::string> attachments;  // What the placeholders in it stand for.
};

// Who receives what the host emits. Empty fields do not restrict; `nsp` empty is that of
// the session, or "/".
struct Target {
  std::string nsp;
  std::string room;
  std::string user_id;
  SessionId session = 0;  // Only this session.
  SessionId except = 0;   // Everyone but this session.
};

}  // namespace securechat::chat
