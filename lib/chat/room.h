#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "chat/types.h"
#include "connection/broadcast.h"
#include "connection/connection.h"

namespace securechat::chat {

class Session;

// A key with members: the sessions of one shard that hear what is said under it. Members are dense
// so that a broadcast is one walk over an array.
class Room {
 public:
  explicit Room(std::string name) : name_(std::move(name)) {}

  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] bool contains(const Session& session) const;
  // Whether it was not here before.
  bool add(Session& session);
  // Whether it was here.
  bool remove(Session& session);
  [[nodiscard]] bool empty() const { return members_.empty(); }
  // The newest seq that this shard has seen, for acknowledgements.
  [[nodiscard]] std::int64_t last_seq() const { return last_seq_; }
  void saw_seq(std::int64_t seq) { last_seq_ = std::max(last_seq_, seq); }

  // Hands the event to every member but `except`, if there is one; answers to
  // how many.
  std::size_t broadcast(const protocol::OutgoingEvent& event,
                        const Session* except = nullptr) const;

 private:
  // What a broadcast asks of a member, side by side.
  struct Member {
    connection::Connection* connection;
    Session* session;
  };

  std::string name_;
  std::vector<Member> members_;
  std::int64_t last_seq_ = 0;
};

}  // namespace securechat::chat
