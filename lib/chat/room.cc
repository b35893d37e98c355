#include "chat/room.h"

#include <unordered_set>

#include "chat/session.h"

namespace securechat::chat {

bool Room::contains(const Session& session) const {
  return places_.contains(&session);
}

void Room::add(Session& session) {
  if (!places_.emplace(&session, members_.size()).second) return;
  members_.push_back(&session);
  ++sessions_per_user_[session.principal().user_id];
}

bool Room::remove(Session& session) {
  const auto place = places_.find(&session);
  if (place == places_.end()) return false;
  const std::size_t index = place->second;
  places_.erase(place);
  if (index + 1 != members_.size()) {
    members_[index] = members_.back();
    places_[members_[index]] = index;
  }
  members_.pop_back();
  const auto user = sessions_per_user_.find(session.principal().user_id);
  if (--user->second > 0) return false;
  sessions_per_user_.erase(user);
  return true;
}

std::vector<const Session*> Room::users() const {
  std::vector<const Session*> users;
  users.reserve(sessions_per_user_.size());
  std::unordered_set<std::string_view> seen;
  for (const Session* member : members_) {
    if (seen.insert(member->principal().user_id).second) users.push_back(member);
  }
  return users;
}

void Room::broadcast(const protocol::OutgoingEvent& event, SessionId except) const {
  connection::Broadcast frames(event);
  for (Session* member : members_) {
    if (member->id() == except) continue;
    connection::Connection& connection = member->connection();
    for (const net::FrameRef& frame : frames.frames(connection.wire())) connection.send(frame);
  }
}

}  // namespace securechat::chat
