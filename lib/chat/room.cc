#include "chat/room.h"

#include "chat/session.h"

namespace securechat::chat {

bool Room::contains(const Session& session) const {
  return std::ranges::find(session.seats(), this, &Session::Seat::room) != session.seats().end();
}

bool Room::add(Session& session) {
  if (contains(session)) return false;
  session.seats().push_back({this, static_cast<std::uint32_t>(members_.size())});
  members_.push_back({&session.connection(), &session});
  return true;
}

bool Room::remove(Session& session) {
  const auto seat = std::ranges::find(session.seats(), this, &Session::Seat::room);
  if (seat == session.seats().end()) return false;
  const std::size_t index = seat->index;
  session.seats().erase(seat);
  if (index + 1 != members_.size()) {
    members_[index] = members_.back();
    std::ranges::find(members_[index].session->seats(), this, &Session::Seat::room)->index =
        static_cast<std::uint32_t>(index);
  }
  members_.pop_back();
  return true;
}

std::size_t Room::broadcast(const protocol::OutgoingEvent& event, const Session* except) const {
  constexpr std::size_t kAhead = 8;
  connection::Broadcast frames(event);
  const std::size_t count = members_.size();
  std::size_t told = 0;
  for (std::size_t i = 0; i < count; ++i) {
    if (i + 2 * kAhead < count) members_[i + 2 * kAhead].connection->prefetch();
    if (i + kAhead < count) members_[i + kAhead].connection->prefetch_socket();
    const Member& member = members_[i];
    if (member.session == except) continue;
    for (const net::FrameRef& frame : frames.frames(member.connection->wire())) {
      member.connection->send(frame);
    }
    ++told;
  }
  return told;
}

}  // namespace securechat::chat
