#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "chat/room.h"
#include "chat/types.h"
#include "protocol/packet.h"

namespace securechat::chat {

class Session;

// Which sessions of this shard are in which room of one namespace, and the way to all of them.
class Adapter {
 public:
  static std::unique_ptr<Adapter> in_memory();
  virtual ~Adapter() = default;

  // Answers the room, created when nobody was in it, and whether the session was not in it before.
  struct Joined {
    Room& room;
    bool fresh;
  };
  virtual Joined join(Session& session, std::string_view room) = 0;
  // Whether the session was in the room. A room nobody is in is forgotten.
  virtual bool leave(Session& session, std::string_view room) = 0;
  // The names of the rooms that the session was in.
  virtual std::vector<std::string> leave_all(Session& session) = 0;
  // Nobody is in it here: nullptr.
  [[nodiscard]] virtual Room* find(std::string_view room) = 0;
  // To everyone in the room but `except`, which may be null; an empty room name is everyone in the
  // namespace.
  virtual void broadcast(std::string_view room, const protocol::OutgoingEvent& event,
                         const Session* except) = 0;
  // Sessions of the namespace itself.
  virtual void add(Session& session) = 0;
  virtual bool remove(Session& session) = 0;  // Whether it was there.
  [[nodiscard]] virtual std::size_t rooms() const = 0;
};

}  // namespace securechat::chat
