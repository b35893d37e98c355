#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/status.h"

namespace securechat::storage {

struct Room {
  std::int64_t id = 0;
  std::string nsp = "/";
  std::string name;
  std::string owner_id;  // Empty for a room that nobody created by hand.
  bool is_private = false;
  std::int64_t last_seq = 0;
  std::int64_t created_at_ms = 0;
};

// Rooms that exist independently of who is in them.
class RoomStore {
 public:
  virtual ~RoomStore() = default;
  virtual Result<std::optional<Room>> find(std::string_view nsp, std::string_view name) = 0;
  // Creates the room unless it exists; answers the one that stands afterwards.
  virtual Result<Room> ensure(std::string_view nsp, std::string_view name,
                              std::string_view owner_id, std::int64_t now_ms) = 0;
};

}  // namespace securechat::storage
