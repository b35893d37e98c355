#include "chat/session_table.h"

#include "chat/session.h"

namespace securechat::chat {
void LiveSessions::add(SessionId id) {
  MutexLock lock(mutex_);
  ids_.add(id);
}

void LiveSessions::remove(SessionId id) {
  MutexLock lock(mutex_);
  ids_.take(id);
}

bool LiveSessions::contains(SessionId id) const {
  MutexLock lock(mutex_);
  return ids_.find(id) != nullptr;
}

std::size_t LiveSessions::size() const {
  MutexLock lock(mutex_);
  return ids_.size();
}

SessionId SessionTable::ById::key(const Session* session) {
  return session->id();
}

std::string_view SessionTable::User::of(const Session& session) {
  return session.principal().user_id();
}

Session*& SessionTable::User::next(Session& session) {
  return session.next_of_user();
}

std::string_view SessionTable::Login::of(const Session& session) {
  return session.principal().sid();
}

Session*& SessionTable::Login::next(Session& session) {
  return session.next_of_login();
}

void SessionTable::add(Session& session) {
  by_id_.add(&session);
  add_names(session);
  live_.add(session.id());
}

void SessionTable::remove(Session& session) {
  live_.remove(session.id());
  by_id_.take(session.id());
  forget_names(session);
}

void SessionTable::forget_names(Session& session) {
  people().end_session(session.principal().person());
  by_user_.remove(session);
  if (!session.principal().sid().empty()) by_login_.remove(session);
}

void SessionTable::add_names(Session& session) {
  people().begin_session(session.principal().person());
  by_user_.add(session);
  if (!session.principal().sid().empty()) by_login_.add(session);
}

void SessionTable::remember_revoked(const std::string& sid) {
  constexpr std::size_t kRemembered = 10'000;
  if (!revoked_.insert(sid).second) return;
  revoked_order_.push_back(sid);
  if (revoked_order_.size() <= kRemembered) return;
  revoked_.erase(revoked_order_.front());
  revoked_order_.pop_front();
}

Session* SessionTable::find(SessionId id) const {
  Session* const* found = by_id_.find(id);
  return found == nullptr ? nullptr : *found;
}

std::vector<Session*> SessionTable::of_user(std::string_view user_id) const {
  return by_user_.all(user_id);
}

std::vector<Session*> SessionTable::of_login(std::string_view sid) const {
  return by_login_.all(sid);
}

std::vector<Session*> SessionTable::all() const {
  std::vector<Session*> sessions;
  sessions.reserve(by_id_.size());
  by_id_.for_each([&](Session* session) { sessions.push_back(session); });
  return sessions;
}

}  // namespace securechat::chat
