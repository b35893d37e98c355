#include <utility>

#include "chat/history.h"
#include "chat/namespace.h"
#include "chat/peer_sessions.h"
#include "chat/peer_table.h"
#include "chat/session_table.h"

// Connection state recovery: a join that takes up a session whose connection broke. The filter
// chain has let the peer in as any other; only what it missed is added.
namespace securechat::chat {

// The session that the client asks for, when it may have it: its connection broke, or is about to
// turn out to be broken, because the client comes back while it is still there.
std::optional<LostSession> PeerSessions::find_lost(const Join& join) {
  if (!join.recovery) return std::nullopt;
  const std::string& pid = join.recovery->pid;
  const std::string& user_id = join.handshake->principal->user_id;
  std::optional<LostSession> lost = environment().lost_sessions.take(
      pid, user_id, join.handshake->nsp, environment().clock.unix_ms());
  if (lost && environment().sessions.recently_revoked(lost->login)) return std::nullopt;
  if (lost) return lost;
  for (Session* session : environment().sessions.of_user(user_id)) {
    if (session->pid() != pid || session->nsp().name() != join.handshake->nsp) continue;
    lost = session->lost();
    session->give_up_recovery();
    session->connection().close_without_code();
    return lost;
  }
  return std::nullopt;
}

void PeerSessions::recover(Join join, LostSession lost) {
  unsettled_.begin_join(join.handshake->nsp);
  auto pending = PendingRecovery::begin(std::move(lost), join.recovery->offset, environment());
  environment().history.missed(
      pending->query(), [&peers = peers_, id = id_, &environment = environment(),
                         join = std::move(join), pending](Result<storage::Missed> missed) {
        PeerSessions* peer = peers.find(id);
        if (peer == nullptr) {
          environment.lost_sessions.keep(pending->session());  // It may come back once more.
        } else {
          peer->finish_recovery(join, *pending, std::move(missed));
        }
      });
}

void PeerSessions::finish_recovery(const Join& join, PendingRecovery& pending,
                                   Result<storage::Missed> missed) {
  unsettled_.end_join(join.handshake->nsp);
  if (connection_ == nullptr || connection_->closing()) {
    environment().lost_sessions.keep(pending.session());
    return;
  }
  if (environment().sessions.recently_revoked(join.handshake->principal->sid)) {
    refuse(join.handshake->nsp,
           {"AUTH_FAILED", "AUTH_FAILED", protocol::CloseCode::kUnauthenticated});
    return;
  }
  // Others of the user may have come in while storage was asked.
  if (refuse_over_limit(join)) {
    environment().lost_sessions.keep(pending.session());
    return;
  }
  std::optional<std::vector<storage::Message>> messages;
  const bool logged_out = environment().sessions.recently_revoked(pending.session().login);
  if (missed.ok() && !logged_out)
    messages = pending.merge(std::move(*missed), environment().position);
  if (!messages) {
    admit_new(join);
    return;
  }
  std::unique_ptr<Session> session = make_session(join, pending.session().sid);
  if (!session) return;
  session->take_up(pending.session());
  admit(std::move(session), *messages);
}

}  // namespace securechat::chat
