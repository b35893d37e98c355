#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "chat/adapter.h"
#include "chat/environment.h"
#include "chat/types.h"
#include "protocol/packet.h"
#include "storage/message_store.h"

namespace securechat::chat {

class Room;
class Session;

// A channel of its own on every connection: its sessions, its rooms, its events
// (https://socket.io/docs/v4/namespaces/). Lives on one shard.
class Namespace : public std::enable_shared_from_this<Namespace> {
 public:
  // `declared_as` is the name or the pattern that the host declared it by.
  Namespace(std::string name, std::string declared_as, Environment& environment);

  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] const std::string& declared_as() const { return declared_as_; }
  // Nobody is in it on this shard.
  [[nodiscard]] bool empty() const { return sessions_ == 0; }
  [[nodiscard]] Adapter& adapter() { return *adapter_; }
  [[nodiscard]] Environment& environment() const { return environment_; }

  // Called by the session when it begins and ends. Ending announces it in the rooms it was seen
  // in.
  void add(Session& session);
  void remove(Session& session);
  // The session has been welcomed: joins the default room, without an announcement, because a
  // crowd that reconnects would otherwise announce itself to itself, N times N.
  void enter(Session& session) { enter(session, {}); }
  // The same for one that takes up what it was: it returns to its rooms, and gets the stored
  // messages that it missed before anything else.
  void enter(Session& session, const std::vector<storage::Message>& missed);

  // An event of a joined session.
  void on_event(Session& session, protocol::Packet packet);

  // Membership with its announcements to the others in the room.
  Room& join(Session& session, std::string_view room, bool announce);
  void leave(Session& session, std::string_view room);
  // To everyone in the room but `except`, on every shard. Attachments are not carried.
  void broadcast(std::string_view room, const protocol::OutgoingEvent& event, SessionId except);
  // What the host sends to the sessions of this shard.
  void emit(const Target& target, std::string_view event, std::string_view args,
            protocol::Attachments attachments);

 private:
  // To everyone in the room on this shard but `except`, which need not be here; 0: none.
  void broadcast_here(std::string_view room, const protocol::OutgoingEvent& event,
                      SessionId except);
  void departed(const Session& session, const std::string& room);
  void announce(std::string_view event, const Session& session, const std::string& room);

  const std::string name_;
  const std::string declared_as_;
  std::size_t sessions_ = 0;
  Environment& environment_;
  std::unique_ptr<Adapter> adapter_;
};

}  // namespace securechat::chat
