#include "chat/presence.h"

namespace securechat::chat {

std::string Presence::key_of(std::string_view nsp, std::string_view room) {
  std::string key;
  key.reserve(nsp.size() + 1 + room.size());
  key.append(nsp).append(1, '\n').append(room);
  return key;
}

Presence::Member* Presence::find(std::string_view nsp, std::string_view room,
                                 std::string_view user_id) {
  const auto members = rooms_.find(key_of(nsp, room));
  if (members == rooms_.end()) return nullptr;
  const auto member = members->second.find(user_id);
  return member == members->second.end() ? nullptr : &member->second;
}

void Presence::enter(std::string_view nsp, std::string_view room, const Person& person) {
  MutexLock lock(mutex_);
  Member& member = rooms_[key_of(nsp, room)][person.user_id];
  member.username = person.username;
  ++member.sessions;
}

bool Presence::leave(std::string_view nsp, std::string_view room, std::string_view user_id) {
  MutexLock lock(mutex_);
  const auto members = rooms_.find(key_of(nsp, room));
  if (members == rooms_.end()) return false;
  const auto member = members->second.find(user_id);
  if (member == members->second.end() || --member->second.sessions > 0) return false;
  const bool told = member->second.announced;
  members->second.erase(member);
  if (members->second.empty()) rooms_.erase(members);
  return told;
}

bool Presence::announce(std::string_view nsp, std::string_view room, std::string_view user_id) {
  MutexLock lock(mutex_);
  Member* member = find(nsp, room, user_id);
  return member != nullptr && !std::exchange(member->announced, true);
}

std::vector<Presence::Person> Presence::people(std::string_view nsp, std::string_view room) const {
  MutexLock lock(mutex_);
  std::vector<Person> people;
  const auto members = rooms_.find(key_of(nsp, room));
  if (members == rooms_.end()) return people;
  people.reserve(members->second.size());
  for (const auto& [user_id, member] : members->second) {
    people.push_back({user_id, member.username});
  }
  return people;
}

}  // namespace securechat::chat
