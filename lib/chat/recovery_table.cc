#include "chat/recovery_table.h"

#include <utility>

#include "base/json.h"

namespace securechat::chat {

void RecoveryTable::forget_oldest() {
  by_pid_.erase(order_.front().pid);
  order_.pop_front();
}

void RecoveryTable::keep(LostSession session) {
  MutexLock lock(mutex_);
  if (const auto known = by_pid_.find(session.pid); known != by_pid_.end()) {
    const Order::iterator place = known->second;
    by_pid_.erase(known);
    order_.erase(place);
  }
  const std::int64_t over_ms = session.ended_at_ms - window_ms_;
  while (!order_.empty() &&
         (order_.size() >= max_sessions_ || order_.front().ended_at_ms < over_ms)) {
    forget_oldest();
  }
  order_.push_back(std::move(session));
  by_pid_.emplace(order_.back().pid, std::prev(order_.end()));
}

std::optional<LostSession> RecoveryTable::take(std::string_view pid, std::string_view user_id,
                                               std::string_view nsp, std::int64_t now_ms) {
  MutexLock lock(mutex_);
  const auto found = by_pid_.find(pid);
  if (found == by_pid_.end()) return std::nullopt;
  const Order::iterator place = found->second;
  if (place->user_id != user_id || place->nsp != nsp) return std::nullopt;
  by_pid_.erase(found);
  LostSession session = std::move(*place);
  order_.erase(place);
  if (now_ms - session.ended_at_ms > window_ms_) return std::nullopt;
  return session;
}

std::vector<LostSession> RecoveryTable::take_all() {
  MutexLock lock(mutex_);
  by_pid_.clear();
  std::vector<LostSession> all;
  all.reserve(order_.size());
  for (LostSession& session : order_) all.push_back(std::move(session));
  order_.clear();
  return all;
}

std::size_t RecoveryTable::size() const {
  MutexLock lock(mutex_);
  return order_.size();
}

storage::RecoverySession to_storage(const LostSession& session) {
  storage::RecoverySession stored;
  stored.pid = session.pid;
  stored.sid = session.sid;
  stored.user_id = session.user_id;
  stored.login = session.login;
  stored.nsp = session.nsp;
  stored.position = session.position;
  stored.ended_at_ms = session.ended_at_ms;
  JsonWriter json(stored.rooms);
  json.begin_array();
  for (const LostSession::Room& room : session.rooms) {
    json.begin_object()
        .key("name")
        .string(room.name)
        .key("since")
        .integer(room.since)
        .key("announced")
        .boolean(room.announced)
        .end_object();
  }
  json.end_array();
  return stored;
}

std::optional<LostSession> from_storage(const storage::RecoverySession& stored) {
  const Result<JsonDocument> rooms = JsonDocument::parse(stored.rooms);
  if (!rooms.ok() || !rooms->root().is_array()) return std::nullopt;
  LostSession session{stored.pid, stored.sid, stored.user_id,  stored.login,
                      stored.nsp, {},         stored.position, stored.ended_at_ms};
  for (const auto& [key, room] : rooms->root().members()) {
    const auto name = room["name"].as_string();
    const auto since = room["since"].as_integer();
    const auto announced = room["announced"].as_bool();
    if (!name || !since || !announced) return std::nullopt;
    session.rooms.push_back({std::string(*name), *since, *announced});
  }
  return session;
}

}  // namespace securechat::chat
