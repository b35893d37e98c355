#include <algorithm>
#include <string>
#include <unordered_map>

#include "chat/adapter.h"
#include "chat/session.h"

namespace securechat::chat {
namespace {

struct NameHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view name) const {
    return std::hash<std::string_view>{}(name);
  }
};

class MemoryAdapter final : public Adapter {
 public:
  Room& join(Session& session, std::string_view name) override {
    auto found = rooms_.find(name);
    if (found == rooms_.end()) {
      found = rooms_.emplace(std::string(name), std::make_unique<Room>(std::string(name))).first;
    }
    Room& room = *found->second;
    if (room.contains(session)) return room;
    room.add(session);
    session.rooms().push_back(&room);
    return room;
  }

  bool leave(Session& session, std::string_view name) override {
    const auto found = rooms_.find(name);
    if (found == rooms_.end() || !found->second->contains(session)) return false;
    std::erase(session.rooms(), found->second.get());
    const bool last_of_user = found->second->remove(session);
    if (found->second->empty()) rooms_.erase(found);
    return last_of_user;
  }

  void leave_all(Session& session,
                 const std::function<void(Room&, bool last_of_user)>& left) override {
    const std::vector<Room*> rooms = std::move(session.rooms());
    session.rooms().clear();
    for (Room* room : rooms) {
      const bool last_of_user = room->remove(session);
      left(*room, last_of_user);
      if (room->empty()) rooms_.erase(room->name());
    }
  }

  Room* find(std::string_view name) override {
    const auto found = rooms_.find(name);
    return found == rooms_.end() ? nullptr : found->second.get();
  }

  void broadcast(std::string_view name, const protocol::OutgoingEvent& event,
                 SessionId except) override {
    const Room* room = name.empty() ? &everyone_ : find(name);
    if (room != nullptr) room->broadcast(event, except);
  }

  void add(Session& session) override { everyone_.add(session); }
  void remove(Session& session) override { everyone_.remove(session); }
  [[nodiscard]] std::size_t rooms() const override { return rooms_.size(); }

 private:
  std::unordered_map<std::string, std::unique_ptr<Room>, NameHash, std::equal_to<>> rooms_;
  Room everyone_{""};
};

}  // namespace

std::unique_ptr<Adapter> Adapter::in_memory() {
  return std::make_unique<MemoryAdapter>();
}

}  // namespace securechat::chat
