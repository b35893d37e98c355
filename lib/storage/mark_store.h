#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace securechat::storage {

// How far a user has read in a room.
struct ReadMark {
  std::string user_id;
  std::int64_t seq = 0;
};

// What became of an attempt to move a mark.
struct Marked {
  std::int64_t seq = 0;   // Where it stands now; 0: nothing was read.
  bool advanced = false;  // It stood further back before.
};

// All calls run inside a unit of work.
class MarkStore {
 public:
  virtual ~MarkStore() = default;
  // Moves the mark forward, never back and never beyond the room's newest message.
  virtual Result<Marked> advance(std::string_view nsp, std::string_view room,
                                 std::string_view user_id, std::int64_t seq) = 0;
  // Of a room, the furthest first; at most `limit`.
  virtual Result<std::vector<ReadMark>> list(std::string_view nsp, std::string_view room,
                                             int limit) = 0;
};

}  // namespace securechat::storage
