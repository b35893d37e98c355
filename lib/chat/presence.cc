#include "chat/presence.h"

#include <algorithm>

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
  return members->second.find(user_id);
}

void Presence::enter(std::string_view nsp, std::string_view room,
                     const auth::People::Known& person) {
  MutexLock lock(mutex_);
  Members& members = rooms_[key_of(nsp, room)];
  Member* member = members.find(person->user_id());
  if (member == nullptr) {
    members.add({person.again(), 1, false});
    return;
  }
  member->person = person.again();
  ++member->sessions;
}

bool Presence::leave(std::string_view nsp, std::string_view room, std::string_view user_id) {
  MutexLock lock(mutex_);
  const auto members = rooms_.find(key_of(nsp, room));
  if (members == rooms_.end()) return false;
  Member* member = members->second.find(user_id);
  if (member == nullptr || --member->sessions > 0) return false;
  const bool told = members->second.take(user_id).announced;
  if (members->second.empty()) rooms_.erase(members);
  return told;
}

bool Presence::announce(std::string_view nsp, std::string_view room, std::string_view user_id) {
  MutexLock lock(mutex_);
  Member* member = find(nsp, room, user_id);
  return member != nullptr && !std::exchange(member->announced, true);
}

std::vector<Presence::Person> Presence::people(std::string_view nsp, std::string_view room) const {
  std::vector<Person> people = unordered(nsp, room);
  std::ranges::sort(people, {}, &Person::user_id);
  return people;
}

std::vector<Presence::Person> Presence::unordered(std::string_view nsp,
                                                  std::string_view room) const {
  MutexLock lock(mutex_);
  std::vector<Person> people;
  const auto members = rooms_.find(key_of(nsp, room));
  if (members == rooms_.end()) return people;
  people.reserve(members->second.size());
  members->second.for_each([&](const Member& member) {
    people.push_back(
        {std::string(member.person->user_id()), std::string(member.person->username())});
  });
  return people;
}

std::size_t Presence::rooms() const {
  MutexLock lock(mutex_);
  return rooms_.size();
}

}  // namespace securechat::chat
