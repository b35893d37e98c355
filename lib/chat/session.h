#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "auth/principal.h"
#include "base/timer_queue.h"
#include "chat/environment.h"
#include "chat/types.h"
#include "connection/connection.h"

namespace securechat::chat {

class Namespace;
class Room;

// One principal in one namespace on one connection, from the moment it is let in until it leaves.
// While it exists its connection exists. Lives on its shard's thread.
class Session {
 public:
  // `sid` is the public Socket.IO session id. Registers itself; the destructor leaves every room
  // and deregisters.
  Session(SessionId id, std::string sid, Namespace& nsp, auth::Principal principal,
          connection::Connection& connection, Environment& environment);
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  [[nodiscard]] SessionId id() const { return id_; }
  [[nodiscard]] const std::string& sid() const { return sid_; }
  [[nodiscard]] Namespace& nsp() const { return nsp_; }
  [[nodiscard]] const auth::Principal& principal() const { return principal_; }
  [[nodiscard]] connection::Connection& connection() const { return connection_; }

  void send_event(std::string_view event, std::string_view args);
  // Answers an event that asked for an acknowledgement; `ack` empty: nothing.
  void send_ack(std::string_view ack, std::string_view args);
  void send_error(std::string_view message, std::string_view code);

  // Watches the token's expiry: announces it 60 s before, and at its end says TOKEN_EXPIRED and
  // ends the session (CONTRACT section 3). Called once the peer has been welcomed.
  void watch_expiry();
  // Swaps the claims of a live session for newer ones of the same user.
  void renew(auth::Principal principal);

  // Ends the session from our side: the peer hears why, its connection closes.
  void disconnect(const connection::Refusal& why);

  // Why the host ends the session: for the disconnect hook, never for the peer.
  void set_disconnect_reason(std::string reason) { disconnect_reason_ = std::move(reason); }
  [[nodiscard]] const std::string& disconnect_reason() const { return disconnect_reason_; }

  // Work whose acknowledgement is due; a draining connection waits for it.
  void begin_work() { ++work_; }
  void end_work();
  [[nodiscard]] bool idle() const { return work_ == 0; }
  // Closes the connection with `code` as soon as nothing is due any more.
  void close_when_idle(protocol::CloseCode code, std::string_view reason);

  [[nodiscard]] std::vector<Room*>& rooms() { return rooms_; }

 private:
  void announce_expiry();
  void expire();

  const SessionId id_;
  const std::string sid_;
  Namespace& nsp_;
  auth::Principal principal_;
  connection::Connection& connection_;
  Environment& environment_;
  std::vector<Room*> rooms_;
  std::string disconnect_reason_;
  int work_ = 0;
  protocol::CloseCode idle_close_ = protocol::CloseCode::kNormal;
  bool close_when_idle_ = false;
  Timer expiring_;
  Timer expiry_;
};

}  // namespace securechat::chat
