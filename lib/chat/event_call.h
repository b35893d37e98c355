#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "audit/event.h"
#include "base/json.h"
#include "base/json_fields.h"
#include "chat/environment.h"
#include "chat/types.h"

namespace securechat::chat {

class Namespace;
class Session;

// Why an event of a client fails. The texts are the contract's; there are no others.
enum class EventFault {
  kInvalidMessage,
  kRateLimited,
  kNotInRoom,
  kForbidden,
  kUnknownEvent,
  kBusy,
  kInternal,
};

// What a failure of storage is to a client: a queue or a disk that is full, a database that fails,
// may be asked again.
[[nodiscard]] EventFault event_fault_of(Code code);
[[nodiscard]] std::string_view event_fault_message(EventFault fault);
[[nodiscard]] std::string_view event_fault_code(EventFault fault);

// The way back to whoever sent an event, by id: the session may have gone when a completion from
// storage comes home, and is then simply not answered. While a Reply lives, its session has work
// that a drain waits for.
class Reply {
 public:
  Reply(Session& session, std::string ack, Environment& environment);
  Reply(Reply&& other) noexcept;
  Reply& operator=(Reply&&) = delete;
  ~Reply();

  // The session, when it is still there and will still be heard.
  [[nodiscard]] Session* session() const;
  // {"ok":true, ...}: `fill` adds the members to a JsonWriter.
  template <typename Fill>
  void ok(const Fill& fill) {
    if (!wanted()) return;
    std::string args;
    args.reserve(kUsualAnswer);
    JsonWriter json(args);
    json.begin_array().begin_object().key("ok").boolean(true);
    fill(json);
    json.end_object().end_array();
    answer(args);
  }
  // {"ok":false,"error","code"}; without an acknowledgement an `error` event, except for unknown
  // events, which are then ignored. `public_reason` replaces the fault's own text.
  void fail(EventFault fault, std::string_view public_reason = {});
  void fail(std::string_view message, std::string_view code);
  // What the audit log calls a failure, beside what is over a limit; else it is not told.
  void audit_as(audit::Name name) { audited_ = name; }

 private:
  static constexpr std::size_t kUsualAnswer = 128;

  void record(const Session& session, std::string_view code) const;
  [[nodiscard]] bool wanted() const { return !ack_.empty() && session() != nullptr; }
  void answer(std::string_view args);

  SessionId session_;
  std::optional<audit::Name> audited_;
  std::string ack_;
  Environment* environment_;
};

// One event of a client while it is handled.
struct EventCall {
  Namespace& nsp;
  Session& session;
  std::string_view event;
  std::string_view args;  // The JSON array as it came.
  JsonFields data;        // Of its first element.
  std::span<const std::string> attachments;
  std::string ack;  // The id of the acknowledgement that is asked for; empty: none.
  Reply reply;
};

}  // namespace securechat::chat
