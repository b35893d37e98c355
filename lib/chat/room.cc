#include "chat/room.h"

#include "chat/session.h"

namespace securechat::chat {

bool Room::contains(const Session& session) const {
  return places_.contains(&session);
}

bool Room::add(Session& session) {
  if (!places_.emplace(&session, members_.size()).second) return false;
  members_.push_back(&session);
  return true;
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
  return true;
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
