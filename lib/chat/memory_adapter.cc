#include <algorithm>
#include <string>
#include <unordered_map>
#include <utility>

#include "base/seeded_hash.h"
#include "chat/adapter.h"
#include "chat/session.h"

namespace securechat::chat {
namespace {

class MemoryAdapter final : public Adapter {
 public:
  Joined join(Session& session, std::string_view name) override {
    auto found = rooms_.find(name);
    if (found == rooms_.end()) {
      found = rooms_.emplace(std::string(name), std::make_unique<Room>(std::string(name))).first;
    }
    Room& room = *found->second;
    const bool fresh = room.add(session);
    return {room, fresh};
  }

  bool leave(Session& session, std::string_view name) override {
    const auto found = rooms_.find(name);
    if (found == rooms_.end() || !found->second->remove(session)) return false;
    if (found->second->empty()) rooms_.erase(found);
    return true;
  }

  std::vector<std::string> leave_all(Session& session) override {
    std::vector<std::string> left;
    while (!session.seats().empty()) {
      Room* room = session.seats().front().room;
      left.push_back(room->name());
      room->remove(session);
      if (room->empty()) rooms_.erase(left.back());
    }
    return left;
  }

  Room* find(std::string_view name) override {
    const auto found = rooms_.find(name);
    return found == rooms_.end() ? nullptr : found->second.get();
  }

  void broadcast(std::string_view name, const protocol::OutgoingEvent& event,
                 const Session* except) override {
    const Room* room = name.empty() ? &everyone_ : find(name);
    if (room != nullptr) room->broadcast(event, except);
  }

  void add(Session& session) override { everyone_.add(session); }
  bool remove(Session& session) override { return everyone_.remove(session); }
  [[nodiscard]] std::size_t rooms() const override { return rooms_.size(); }

 private:
  std::unordered_map<std::string, std::unique_ptr<Room>, SeededHash, std::equal_to<>> rooms_;
  Room everyone_{""};
};

}  // namespace

std::unique_ptr<Adapter> Adapter::in_memory() {
  return std::make_unique<MemoryAdapter>();
}

}  // namespace securechat::chat
