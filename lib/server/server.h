#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "audit/trail.h"
#include "auth/accounts.h"
#include "base/log.h"
#include "base/status.h"
#include "chat/types.h"
#include "server/config.h"
#include "server/hooks.h"

namespace securechat::server {

// The server: owns everything, starts it in order and stops it in reverse order. Calls are safe
// from any thread unless they say otherwise; nothing of it is global, so that one process may hold
// several.
class Server {
 public:
  // Checks the whole configuration (kInvalid names the option and the cure), opens nothing yet.
  static Result<std::unique_ptr<Server>> create(const Config& config);
  // Stops, if need be without draining.
  virtual ~Server() = default;

  // Registrations: before start, else kState.
  virtual Status add_handshake_filter(std::string name, std::int32_t priority,
                                      HandshakeHook hook) = 0;
  virtual Status on_message(MessageHook hook) = 0;
  // A name, or a pattern in which `*` is one or more characters other than '/'. kInvalid with the
  // reason, kExists when it is declared already.
  virtual Status declare_namespace(std::string name_or_pattern) = 0;
  // `nsp` as it was declared. kInvalid for an event of the server's own or the protocol's, or a
  // namespace that is not declared. Replaces an earlier hook of the event.
  virtual Status on_event(std::string nsp, std::string event, MessageHook hook) = 0;
  virtual Status on_connect(SessionHook hook) = 0;
  virtual Status on_disconnect(SessionHook hook) = 0;
  // auth.enumeration_safe needs it.
  virtual Status on_registration(RegistrationHook hook) = 0;
  // A file built into the host: GET `path` ("/index.html", which also answers "/") is answered with
  // `body`. Before start, else kState; kInvalid unless the path begins with '/'. Replaces an
  // earlier one of that path; http.static_dir, when set, takes the place of all of them.
  virtual Status add_static(std::string path, std::string content_type, std::string body) = 0;
  // Any time. A null sink makes the server silent again.
  virtual void set_log(LogLevel level, Logger::Sink sink) = 0;
  // Any time. Gets the audit log's lines beside the file; a null sink ends that.
  virtual Status set_audit(audit::Trail::Sink sink) = 0;

  // Opens the database, listens, starts the threads. kState when started before.
  virtual Status start() = 0;
  // Replaces what may change while running: secrets, origins, limits. On failure everything stays
  // as it was.
  virtual Status reload(const Config& config) = 0;
  // Drains for at most `drain_ms`, closes, joins. Idempotent. kState from a callback.
  virtual Status stop(std::int32_t drain_ms) = 0;
  // http://127.0.0.1:3000, with the real port. kState before start.
  virtual Result<std::string> url() const = 0;

  // Any thread, also from callbacks; never blocks. `args` is a JSON array and was checked.
  // kNotFound for a stale session, kState when not running.
  virtual Status emit(const chat::Target& target, chat::Emission emission) = 0;
  // Sends an event to one session and waits for its acknowledgement; `done` is called once, on the
  // session's shard, and not at all when this call fails.
  virtual Status emit_with_ack(chat::SessionId session, chat::Emission emission,
                               std::int64_t timeout_ms, chat::AckDone done) = 0;
  // The most that the attachments of one event may hold together, in bytes.
  [[nodiscard]] virtual std::size_t payload_limit() const = 0;
  virtual Status join(chat::SessionId session, std::string_view room) = 0;
  virtual Status leave(chat::SessionId session, std::string_view room) = 0;
  virtual Status disconnect(chat::SessionId session, std::string_view reason) = 0;

  // Where the layer above reports what it met in the host's code. Any thread.
  virtual Logger& log() = 0;

  // Accounts, whose calls for the host block. kState from a callback of this server and after stop.
  // They work before start too: the first call opens the database then, so that a command line can
  // administer accounts without listening. Valid as long as the server.
  virtual Result<auth::Accounts*> accounts() = 0;
  // The claims as JSON text; kAuth when the token is refused.
  virtual Result<std::string> verify_token(std::string_view token) = 0;

  // True on a thread that runs a callback of this server now.
  [[nodiscard]] virtual bool in_callback() const = 0;
};

}  // namespace securechat::server
