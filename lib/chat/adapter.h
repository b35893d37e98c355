#pragma once

#include <functional>
#include <memory>
#include <string_view>

#include "chat/room.h"
#include "chat/types.h"
#include "protocol/packet.h"

namespace securechat::chat {

class Session;

// Who is in which room of one namespace, and the way to all of them. The one in memory serves a
// single node; one that spans nodes fits behind the same calls.
class Adapter {
 public:
  static std::unique_ptr<Adapter> in_memory();
  virtual ~Adapter() = default;

  // Answers the room, created when nobody was in it; a second join of a session changes nothing.
  virtual Room& join(Session& session, std::string_view room) = 0;
  // Whether no session of the user is left in the room. A room nobody is in is forgotten.
  virtual bool leave(Session& session, std::string_view room) = 0;
  virtual void leave_all(Session& session,
                         const std::function<void(Room&, bool last_of_user)>& left) = 0;
  // Nobody is in it here: nullptr.
  [[nodiscard]] virtual Room* find(std::string_view room) = 0;
  // To everyone in the room but `except`; an empty room name is everyone in the namespace.
  virtual void broadcast(std::string_view room, const protocol::OutgoingEvent& event,
                         SessionId except) = 0;
  // Sessions of the namespace itself.
  virtual void add(Session& session) = 0;
  virtual void remove(Session& session) = 0;
  [[nodiscard]] virtual std::size_t rooms() const = 0;
};

}  // namespace securechat::chat
