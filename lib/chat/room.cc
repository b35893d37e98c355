#include "chat/room.h"

#include "chat/session.h"

namespace securechat::chat {

bool Room::contains(const Session& session) const {
  return places_.contains(&session);
}

bool Room::add(Session& session) {
  if (!places_.emplace(&session, members_.size()).second) return false;
  members_.push_back({&session.connection(), session.id(), &session});
  return true;
}

bool Room::remove(Session& session) {
  const auto place = places_.find(&session);
  if (place == places_.end()) return false;
  const std::size_t index = place->second;
  places_.erase(place);
  if (index + 1 != members_.size()) {
    members_[index] = members_.back();
    places_[members_[index].session] = index;
  }
  members_.pop_back();
  return true;
}

void Room::broadcast(const protocol::OutgoingEvent& event, SessionId except) const {
  constexpr std::size_t kAhead = 8;
  connection::Broadcast frames(event);
  const std::size_t count = members_.size();
  for (std::size_t i = 0; i < count; ++i) {
    if (i + 2 * kAhead < count) members_[i + 2 * kAhead].connection->prefetch();
    if (i + kAhead < count) members_[i + kAhead].connection->prefetch_socket();
    const Member& member = members_[i];
    if (member.id == except) continue;
    for (const net::FrameRef& frame : frames.frames(member.connection->wire())) {
      member.connection->send(frame);
    }
  }
}

}  // namespace securechat::chat
