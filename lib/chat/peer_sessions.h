#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "auth/filter_chain.h"
#include "auth/handshake.h"
#include "auth/kept_handshake.h"
#include "chat/environment.h"
#include "chat/namespaces.h"
#include "chat/packet_budget.h"
#include "chat/recovery.h"
#include "chat/session.h"
#include "chat/session_list.h"
#include "chat/unsettled.h"
#include "connection/connection.h"

namespace securechat::chat {

class PeerTable;

// The sessions of one connection: lets the peer into namespaces through the filter chain and hands
// its events to the session they are for. What arrives while a join is being decided waits, so
// that a client may send its first message right behind its token.
class PeerSessions final : public connection::ConnectionHandler, public SessionOwner {
 public:
  // `handshake` holds the facts of the upgrade; each join gets a copy. `headers` is null when no
  // filter of the host's will ask for them.
  PeerSessions(const auth::Handshake& handshake, std::unique_ptr<auth::HeaderSource> headers,
               connection::Wire wire, Namespaces& namespaces, PeerTable& peers);
  ~PeerSessions() override;

  // Its number in the table of peers.
  [[nodiscard]] std::uint64_t id() const { return id_; }

  void on_open(connection::Connection& connection) override;
  void on_packet(protocol::Packet packet) override;
  void on_fault(net::CloseCause cause) override;
  void on_close(std::string_view reason) override;

  // SessionOwner
  void session_ended(Session& session) override;
  void session_idle() override;
  [[nodiscard]] bool is_last(const Session& session) const override;
  void record(audit::Name name, audit::Outcome result, std::string_view reason,
              const auth::KeptPrincipal* who) const override;

  // A client certificate said who it is.
  [[nodiscard]] bool certified() const { return upgrade_.certified(); }
  // What logs call the connection.
  [[nodiscard]] std::string name() const;
  // The server is stopping: closes with 1001 once every acknowledgement due was given.
  void drain();
  void close_now(protocol::CloseCode code, std::string_view reason);

 private:
  [[nodiscard]] Environment& environment() const { return namespaces_.environment(); }
  void on_connect(const protocol::Packet& packet);
  void begin_join(const std::string& nsp, const std::string& auth);
  // What a join goes through together.
  struct Join {
    std::shared_ptr<auth::Handshake> handshake;
    std::optional<RecoveryRequest> recovery;
  };
  void finish_join(Join join, const auth::FilterChain::Answer& answer);
  // True, with the peer told, when its user has as many sessions as it may have.
  [[nodiscard]] bool refuse_over_limit(const Join& join);
  [[nodiscard]] std::optional<LostSession> find_lost(const Join& join);
  void recover(Join join, LostSession lost);
  void finish_recovery(const Join& join, PendingRecovery& pending, Result<storage::Missed> missed);
  void admit_new(const Join& join);
  void admit(std::unique_ptr<Session> session, const std::vector<storage::Message>& missed);
  // Null, with the peer told, when there can be no more namespaces.
  [[nodiscard]] std::unique_ptr<Session> make_session(const Join& join, std::string sid);
  void refuse_as_busy(const Join& join, std::string_view why);
  void on_ack(const protocol::Packet& packet);
  void refuse(const std::string& nsp, const connection::Refusal& refusal);
  void on_event(protocol::Packet packet);
  void release_held(const std::string& nsp);
  void end_session(const std::string& nsp, std::string_view reason);
  void protocol_fault();

  const auth::KeptHandshake upgrade_;
  Namespaces& namespaces_;
  PeerTable& peers_;
  const std::uint64_t id_;
  connection::Connection* connection_ = nullptr;
  SessionList sessions_;
  Unsettled unsettled_;
  PacketBudget budget_;
  int refused_ = 0;
  const connection::Wire wire_;
  bool draining_ = false;
};

}  // namespace securechat::chat
