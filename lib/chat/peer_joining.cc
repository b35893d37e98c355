#include <optional>
#include <utility>

#include "base/json.h"
#include "chat/namespaces.h"
#include "chat/peer_sessions.h"
#include "chat/peer_table.h"
#include "chat/session_table.h"

// How a peer gets into a namespace: the filter chain is asked, then there is a session or a
// refusal.
namespace securechat::chat {
namespace {

// Whoever was let in nowhere and only asks to be refused is not answered for ever.
constexpr int kRefusals = 8;

protocol::CloseCode close_code(auth::Fault fault) {
  switch (fault) {
    case auth::Fault::kTooManyConnections:
      return protocol::CloseCode::kRateLimited;
    case auth::Fault::kInvalidOrigin:
    case auth::Fault::kCsrfFailed:
    case auth::Fault::kForbidden:
    case auth::Fault::kInvalidNamespace:
      return protocol::CloseCode::kForbidden;
    case auth::Fault::kInternal:
    case auth::Fault::kBusy:
      return protocol::CloseCode::kInternal;
    default:
      return protocol::CloseCode::kUnauthenticated;
  }
}

// A credential that is there but no string cannot be a token; the gate refuses this one as any
// other malformed one.
std::string credential(JsonView value) {
  if (!value.exists() || value.is_null()) return {};
  const std::optional<std::string_view> text = value.as_string();
  return text ? std::string(*text) : "not a string";
}

std::string user_json(const auth::KeptPrincipal& principal) {
  std::string json;
  JsonWriter(json)
      .begin_object()
      .key("id")
      .string(principal.user_id())
      .key("username")
      .string(principal.username())
      .key("email")
      .string(principal.email())
      .key("role")
      .string(principal.role())
      .end_object();
  return json;
}

}  // namespace

void PeerSessions::begin_join(const std::string& nsp, const std::string& auth) {
  auto handshake = std::make_shared<auth::Handshake>(upgrade_.restore());
  handshake->stage = auth::Stage::kJoin;
  handshake->nsp = nsp;
  handshake->auth = auth;
  if (!auth.empty()) {
    const Result<JsonDocument> document = JsonDocument::parse(auth);
    if (document.ok()) {
      const std::string token = credential(document->root()["token"]);
      if (!token.empty()) {
        handshake->token = token;
        handshake->token_from_cookie = false;
      }
      handshake->csrf_token = credential(document->root()["csrfToken"]);
    }
  }
  Join join{handshake, std::nullopt};
  if (wire_ == connection::Wire::kSocketIo && environment().options.recovery) {
    join.recovery = read_recovery_request(auth);
  }
  unsettled_.begin_join(nsp);
  environment().filters.run_join(
      handshake,
      [home = environment().home, &peers = peers_, id = id_](Task task) {
        // Nobody is judged, and no filter of the host is asked, for a peer that has gone.
        home->post([&peers, id, task = std::move(task)]() mutable {
          if (peers.find(id) != nullptr) task();
        });
      },
      [&peers = peers_, id = id_,
       join = std::move(join)](const auth::FilterChain::Answer& answer) mutable {
        PeerSessions* peer = peers.find(id);
        if (peer != nullptr) peer->finish_join(std::move(join), answer);
      });
}

void PeerSessions::finish_join(Join join, const auth::FilterChain::Answer& answer) {
  const auth::Handshake& handshake = *join.handshake;
  unsettled_.end_join(handshake.nsp);
  if (connection_ == nullptr || connection_->closing()) return;
  if (answer.fault != auth::Fault::kNone) {
    if (environment().log.enabled(LogLevel::kInfo)) {
      environment().log.limited(LogLevel::kInfo, handshake.address.rate_key(), "a peer was refused",
                                {{"reason", answer.message},
                                 {"address", handshake.address.to_string()},
                                 {"connection", name()}});
    }
    refuse(handshake.nsp, {answer.message, answer.code, close_code(answer.fault)});
    // A page of another origin has nothing more to say here.
    if (handshake.origin_fault != auth::Fault::kNone) {
      connection_->close(protocol::CloseCode::kForbidden, "INVALID_ORIGIN");
    } else if (sessions_.empty() &&
               (answer.fault == auth::Fault::kTooManyConnections || ++refused_ >= kRefusals)) {
      connection_->close(close_code(answer.fault), answer.message);
    }
    return;
  }
  if (environment().sessions.recently_revoked(handshake.principal->sid)) {
    refuse(handshake.nsp, {"AUTH_FAILED", "AUTH_FAILED", protocol::CloseCode::kUnauthenticated});
    return;
  }
  if (refuse_over_limit(join)) return;
  if (!namespaces_.declares(handshake.nsp)) {
    refuse(handshake.nsp, {"Invalid namespace", "INVALID_NAMESPACE"});
    return;
  }
  if (std::optional<LostSession> lost = find_lost(join)) {
    recover(std::move(join), std::move(*lost));
  } else {
    admit_new(join);
  }
}

bool PeerSessions::refuse_over_limit(const Join& join) {
  const auth::Handshake& handshake = *join.handshake;
  if (environment().sessions.count_of_user(handshake.principal->user_id) <
      environment().options.sockets_per_user) {
    return false;
  }
  refuse(handshake.nsp,
         {"TOO_MANY_CONNECTIONS", "TOO_MANY_CONNECTIONS", protocol::CloseCode::kRateLimited});
  return true;
}

void PeerSessions::admit_new(const Join& join) {
  Result<std::string> sid = environment().ids.base64url(18);
  Result<std::string> pid = environment().ids.base64url(18);
  if (!sid.ok() || !pid.ok()) {
    refuse_as_busy(join, (sid.ok() ? pid : sid).message());
    return;
  }
  std::unique_ptr<Session> session = make_session(join, std::move(*sid));
  if (!session) return;
  if (wire_ == connection::Wire::kSocketIo && environment().options.recovery) {
    session->make_recoverable(*pid, environment().position);
  }
  admit(std::move(session), {});
}

void PeerSessions::refuse_as_busy(const Join& join, std::string_view why) {
  environment().log.limited(LogLevel::kError, {}, "a peer was refused",
                            {{"reason", why}, {"connection", name()}});
  refuse(join.handshake->nsp, {"Server busy", "BUSY", protocol::CloseCode::kInternal});
}

std::unique_ptr<Session> PeerSessions::make_session(const Join& join, std::string sid) {
  // Made here and not before, so that a pattern's namespace never waits for a session in vain.
  std::shared_ptr<Namespace> nsp = namespaces_.open(join.handshake->nsp);
  if (!nsp) {
    refuse_as_busy(join, "there are too many namespaces of the host's patterns");
    return nullptr;
  }
  return std::make_unique<Session>(environment().sessions.next_id(), std::move(sid), std::move(nsp),
                                   *join.handshake->principal, *connection_, *this);
}

void PeerSessions::admit(std::unique_ptr<Session> session,
                         const std::vector<storage::Message>& missed) {
  Session& joined = *session;
  Namespace& nsp = joined.nsp();
  sessions_.add(std::move(session));
  refused_ = 0;
  connection_->joined();
  record(audit::Name::kConnectOk, audit::Outcome::kOk, {}, &joined.principal());
  connection_->send_welcome(nsp.name(), joined.sid(), joined.pid(), user_json(joined.principal()));
  nsp.enter(joined, missed);
  if (environment().hooks.connect) {
    environment().hooks.connect(joined.id(), joined.principal().user_id(), nsp.name());
  }
  joined.watch_expiry();
  release_held(nsp.name());
}

void PeerSessions::refuse(const std::string& nsp, const connection::Refusal& refusal) {
  (void)unsettled_.release(nsp);
  environment().counters.connect_refusals.add(refusal.code);
  record(audit::Name::kConnectRefused, audit::Outcome::kRefused, refusal.message, nullptr);
  if (refusal.close == protocol::CloseCode::kRateLimited) {
    environment().counters.rate_limited.add("connections");
    record(audit::Name::kRateLimited, audit::Outcome::kRefused, "connections", nullptr);
  }
  connection_->send_refusal(nsp, refusal);
}

}  // namespace securechat::chat
