#include "auth/sessions.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "base/digest.h"

namespace securechat::auth {
namespace {

using storage::LoginSession;
using storage::RefreshState;
using storage::RefreshToken;
using storage::Stores;

// Of the successors of a token, all but the newest are void: a further one is made only while none
// was used, and voids the one before. So the newest alone tells whether one was used.
bool in_state(const std::optional<RefreshToken>& token, RefreshState state) {
  return token && token->state == state;
}

// A session that is over is remembered for a day, so that who comes with its tokens is told the
// reason. More are forgotten with each login than it adds, so that the table shrinks to those.
constexpr std::int64_t kRememberedMs = 24 * 3600 * 1000;
constexpr int kForgottenPerLogin = 8;

Status insert_live(Stores& stores, const LoginSession& session, const RotationRequest& request) {
  RefreshToken token;
  token.handle_hash = request.successor_hash;
  token.sid = session.sid;
  token.parent_hash = request.presented_hash;
  token.issued_at_ms = request.now_ms;
  if (Status status = stores.sessions.insert_token(token); !status.ok()) {
    return status;
  }
  return stores.sessions.touch(session.sid, request.now_ms);
}

Result<Fault> answer(Status status, Fault fault) {
  if (!status.ok()) {
    return status;
  }
  return fault;
}

Result<Fault> rotate_used(Stores& stores, const LoginSession& session,
                          const RotationRequest& request, std::vector<std::string>& revoked) {
  const Result<std::optional<RefreshToken>> successor =
      stores.sessions.newest_child(request.presented_hash);
  if (!successor.ok()) {
    return successor.status();
  }
  if (request.rotation == RefreshRotation::kStrict || in_state(*successor, RefreshState::kUsed)) {
    return answer(end_session(stores, session, revoked), Fault::kTokenReused);
  }
  // The answer was lost, or the client never stores the new token.
  Status status;
  if (in_state(*successor, RefreshState::kLive)) {
    status = stores.sessions.set_token_state((*successor)->handle_hash, RefreshState::kVoid);
  }
  if (status.ok()) {
    status = insert_live(stores, session, request);
  }
  return answer(std::move(status), Fault::kNone);
}

Result<Fault> rotate_void(Stores& stores, const LoginSession& session, const RefreshToken& token,
                          std::vector<std::string>& revoked) {
  const Result<std::optional<RefreshToken>> sibling =
      stores.sessions.newest_child(token.parent_hash);
  if (!sibling.ok()) {
    return sibling.status();
  }
  if (in_state(*sibling, RefreshState::kUsed)) {
    return answer(end_session(stores, session, revoked), Fault::kTokenReused);
  }
  return Fault::kTokenInvalid;
}

}  // namespace

Result<std::string> handle_hash(std::string_view handle) {
  return sha256(handle);
}

bool stands(const LoginSession& session, std::int64_t now_ms) {
  return !session.revoked && session.expires_at_ms > now_ms;
}

bool stands(const storage::Standing& standing, std::int64_t now_ms) {
  return !standing.revoked && standing.enabled && standing.expires_at_ms > now_ms;
}

Status begin_session(Stores& stores, const LoginSession& session, std::string_view first_token_hash,
                     std::size_t limit, std::vector<std::string>& revoked) {
  const Result<std::vector<LoginSession>> standing =
      stores.sessions.list(session.user_id, session.created_at_ms);
  if (!standing.ok()) {
    return standing.status();
  }
  const std::size_t kept = std::max<std::size_t>(limit, 1) - 1;
  for (std::size_t i = 0; i + kept < standing->size(); ++i) {
    if (Status status = end_session(stores, (*standing)[i], revoked); !status.ok()) {
      return status;
    }
  }
  const Result<std::int64_t> forgotten =
      stores.sessions.prune(session.created_at_ms - kRememberedMs, kForgottenPerLogin);
  if (!forgotten.ok()) {
    return forgotten.status();
  }
  if (Status status = stores.sessions.insert(session); !status.ok() || first_token_hash.empty()) {
    return status;
  }
  RefreshToken token;
  token.handle_hash = first_token_hash;
  token.sid = session.sid;
  token.issued_at_ms = session.created_at_ms;
  return stores.sessions.insert_token(token);
}

Status end_session(Stores& stores, const LoginSession& session, std::vector<std::string>& revoked) {
  if (session.revoked) {
    return {};
  }
  Status status = stores.sessions.revoke(session.sid);
  if (status.ok()) {
    revoked.push_back(session.sid);
  }
  return status;
}

Result<Fault> rotate(Stores& stores, const LoginSession& session, const RotationRequest& request,
                     std::vector<std::string>& revoked) {
  const Result<std::optional<RefreshToken>> found =
      stores.sessions.find_token(request.presented_hash);
  if (!found.ok()) {
    return found.status();
  }
  if (!*found || (*found)->sid != session.sid || session.revoked) {
    return Fault::kTokenInvalid;
  }
  if (!stands(session, request.now_ms)) {
    return Fault::kTokenExpired;
  }
  const RefreshToken& token = **found;
  switch (token.state) {
    case RefreshState::kUsed:
      return rotate_used(stores, session, request, revoked);
    case RefreshState::kVoid:
      return rotate_void(stores, session, token, revoked);
    case RefreshState::kLive:
      break;
  }
  Status status = stores.sessions.set_token_state(token.handle_hash, RefreshState::kUsed);
  if (status.ok()) {
    status = insert_live(stores, session, request);
  }
  return answer(std::move(status), Fault::kNone);
}

}  // namespace securechat::auth
