#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "audit/event.h"
#include "auth/kept_principal.h"
#include "base/packed_texts.h"
#include "base/timer_queue.h"
#include "chat/environment.h"
#include "chat/recovery_table.h"
#include "chat/types.h"
#include "connection/connection.h"

namespace securechat::chat {

class Namespace;
class Room;
class Session;

// Where a session lives: it ends there.
class SessionOwner {
 public:
  // The session has ended and its peer knows; it is destroyed soon, but not inside the call.
  virtual void session_ended(Session& session) = 0;
  // No acknowledgement of the session is due any more.
  virtual void session_idle() = 0;
  [[nodiscard]] virtual bool is_last(const Session& session) const = 0;
  // Tells the audit log of `who`, if one is kept.
  virtual void record(audit::Name name, audit::Outcome result, std::string_view reason,
                      const auth::KeptPrincipal* who) const = 0;

 protected:
  ~SessionOwner() = default;
};

// One principal in one namespace on one connection, from the moment it is let in until it leaves.
// While it exists its connection exists. Lives on its shard's thread.
class Session {
 public:
  // `sid` is the public Socket.IO session id. Registers itself; the destructor leaves every room
  // and deregisters.
  Session(SessionId id, std::string_view sid, std::shared_ptr<Namespace> nsp,
          const auth::Principal& principal, connection::Connection& connection,
          SessionOwner& owner);
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  [[nodiscard]] SessionId id() const { return id_; }
  [[nodiscard]] std::string_view sid() const { return names_.at(0); }
  [[nodiscard]] Namespace& nsp() const { return *nsp_; }
  [[nodiscard]] const auth::KeptPrincipal& principal() const { return principal_; }
  [[nodiscard]] connection::Connection& connection() const { return connection_; }

  void send(const protocol::OutgoingEvent& event);
  void send_event(std::string_view event, std::string_view args);
  // Answers an event that asked for an acknowledgement; `ack` empty: nothing.
  void send_ack(std::string_view ack, std::string_view args,
                std::span<const std::string> attachments = {});
  void send_error(std::string_view message, std::string_view code);
  // Tells the audit log that the peer was refused something.
  void record_refusal(audit::Name name, std::string_view reason) const {
    owner_.record(name, audit::Outcome::kRefused, reason, &principal_);
  }

  // Tells the audit log that the peer did something to what somebody else said.
  void record_moderation(std::string_view what) const {
    owner_.record(audit::Name::kMessageModerated, audit::Outcome::kOk, what, &principal_);
  }

  // Sends an event and waits for its acknowledgement for `timeout_ms`; `done` is called once. Over
  // kPendingAcks at a time: kAgain at once.
  static constexpr std::size_t kPendingAcks = 256;
  void ask(const Emission& question, std::int64_t timeout_ms, AckDone done);
  // An acknowledgement of the peer; one that nobody waits for is ignored.
  void on_ack(const protocol::Packet& packet);

  // Watches the token's expiry: announces it 60 s before, and at its end says TOKEN_EXPIRED and
  // ends the session (docs/protocol.md). Called once the peer has been welcomed.
  void watch_expiry();
  // Swaps the claims of a live session for newer ones of the same user.
  void renew(const auth::Principal& principal);

  // Ends the session from our side: the peer hears why. The connection closes with its last
  // session; else the session leaves its rooms at once, is found by nobody any more and hears
  // nothing more.
  void disconnect(const connection::Refusal& why);
  [[nodiscard]] bool ended() const { return ended_; }

  // Why the host ends the session: for the disconnect hook, never for the peer.
  void set_disconnect_reason(std::string_view reason) {
    disconnect_reason_ = PackedTexts({reason});
  }
  // Empty when the host did not say.
  [[nodiscard]] std::string_view disconnect_reason() const {
    PackedTexts::Reader reason(disconnect_reason_);
    return reason.done() ? std::string_view() : reason.next();
  }

  // Work whose acknowledgement is due; a draining connection waits for it.
  void begin_work() { ++work_; }
  void end_work();
  [[nodiscard]] bool idle() const { return work_ == 0; }

  // Its places in rooms, for the rooms alone; one is in the namespace itself.
  struct Seat {
    Room* room;
    std::uint32_t index;
  };
  [[nodiscard]] std::vector<Seat>& seats() { return seats_; }
  [[nodiscard]] const std::vector<Seat>& seats() const { return seats_; }

  // For the session table alone: another session of the same user, and of the same login session.
  [[nodiscard]] Session*& next_of_user() { return next_of_user_; }
  [[nodiscard]] Session*& next_of_login() { return next_of_login_; }

  // Connection state recovery. `pid` names the session to its client alone; empty: it cannot be
  // recovered. `position` is the newest commit_seq when it began.
  void make_recoverable(std::string_view pid, std::int64_t position);
  [[nodiscard]] std::string_view pid() const {
    return recovery_ ? names_.at(1) : std::string_view();
  }
  // Its connection ends for a reason of ours: it must not come back.
  void give_up_recovery() { recovery_.reset(); }
  // What its client may take up again.
  [[nodiscard]] LostSession lost() const;
  // Takes up a session that was lost: its rooms keep the places they had.
  void take_up(LostSession lost);
  // Its place in a room: since when it is there, and whether the others were told.
  void entered(std::string_view room, std::int64_t since, bool announced);
  void left(std::string_view room);

 private:
  void on_expiry_timer();
  void announce_expiry();
  void expire();
  void finish_ack(std::uint64_t id, const AckAnswer& answer);
  void depart();

  // What it takes to come back after its connection broke.
  struct Recovery {
    std::int64_t position;                  // The newest commit_seq when it began.
    std::vector<LostSession::Room> places;  // In rooms.
  };
  [[nodiscard]] Environment& environment() const;

  struct PendingAck {
    AckDone done;
    std::unique_ptr<Timer> timeout;
  };
  using PendingAcks = std::unordered_map<std::uint64_t, PendingAck>;

  const SessionId id_;
  const std::shared_ptr<Namespace> nsp_;
  auth::KeptPrincipal principal_;
  PackedTexts names_;  // The sid, then the pid if there is one.
  connection::Connection& connection_;
  SessionOwner& owner_;
  std::unique_ptr<Recovery> recovery_;  // Null when it cannot be recovered.
  PackedTexts disconnect_reason_;
  Session* next_of_user_ = nullptr;
  Session* next_of_login_ = nullptr;
  std::vector<Seat> seats_;
  int work_ = 0;
  bool ended_ = false;
  bool notice_due_ = false;  // That the token expires has not been announced.
  std::uint64_t last_ack_ = 0;
  std::unique_ptr<PendingAcks> pending_acks_;  // Null when there are none.
  Timer expiry_;                               // First of the notice, then of the end.
};

}  // namespace securechat::chat
