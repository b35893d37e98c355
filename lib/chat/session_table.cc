#include "chat/session_table.h"

#include "chat/session.h"

namespace securechat::chat {
namespace {

template <typename Index>
std::vector<Session*> equal_to(const Index& index, std::string_view key) {
  std::vector<Session*> found;
  const auto [first, last] = index.equal_range(key);
  for (auto it = first; it != last; ++it) found.push_back(it->second);
  return found;
}

}  // namespace

void LiveSessions::add(SessionId id, const std::string& user_id) {
  MutexLock lock(mutex_);
  ids_.insert(id);
  ++by_user_[user_id];
}

void LiveSessions::remove(SessionId id, const std::string& user_id) {
  MutexLock lock(mutex_);
  ids_.erase(id);
  const auto count = by_user_.find(user_id);
  if (count != by_user_.end() && --count->second == 0) by_user_.erase(count);
}

std::size_t LiveSessions::count_of_user(const std::string& user_id) const {
  MutexLock lock(mutex_);
  const auto count = by_user_.find(user_id);
  return count == by_user_.end() ? 0 : count->second;
}

bool LiveSessions::contains(SessionId id) const {
  MutexLock lock(mutex_);
  return ids_.contains(id);
}

std::size_t LiveSessions::size() const {
  MutexLock lock(mutex_);
  return ids_.size();
}

void SessionTable::add(Session& session) {
  by_id_.emplace(session.id(), &session);
  add_names(session);
  live_.add(session.id(), std::string(session.principal().user_id()));
}

void SessionTable::remove(Session& session) {
  live_.remove(session.id(), std::string(session.principal().user_id()));
  by_id_.erase(session.id());
  forget_names(session);
}

void SessionTable::forget_names(Session& session) {
  erase(by_user_, session.principal().user_id(), session);
  erase(by_login_, session.principal().sid(), session);
}

void SessionTable::add_names(Session& session) {
  by_user_.emplace(session.principal().user_id(), &session);
  by_login_.emplace(session.principal().sid(), &session);
}

void SessionTable::erase(Index& index, std::string_view key, Session& session) {
  const auto [first, last] = index.equal_range(key);
  for (auto it = first; it != last; ++it) {
    if (it->second == &session) {
      index.erase(it);
      return;
    }
  }
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
  const auto found = by_id_.find(id);
  return found == by_id_.end() ? nullptr : found->second;
}

std::vector<Session*> SessionTable::of_user(std::string_view user_id) const {
  return equal_to(by_user_, user_id);
}

std::vector<Session*> SessionTable::of_login(std::string_view sid) const {
  return sid.empty() ? std::vector<Session*>{} : equal_to(by_login_, sid);
}

std::vector<Session*> SessionTable::all() const {
  std::vector<Session*> sessions;
  sessions.reserve(by_id_.size());
  for (const auto& [id, session] : by_id_) sessions.push_back(session);
  return sessions;
}

}  // namespace securechat::chat
