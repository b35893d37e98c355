#pragma once

#include <cstddef>
#include <functional>
#include <string>

#include "load/fleet.h"
#include "load/options.h"

namespace securechat::bench {

// Who is in which room of a run, and the joining. A run without rooms uses the one that everybody
// is in; else room r has so many clients from r * members on, around the circle.
class RoomJoiner {
 public:
  RoomJoiner(const Options& options, Fleet& fleet) : options_(options), fleet_(fleet) {}

  [[nodiscard]] static std::string name(std::size_t room) { return "r" + std::to_string(room); }
  [[nodiscard]] std::size_t member(std::size_t room, std::size_t place) const {
    return (room * options_.room_members + place) % options_.connections;
  }

  // Tells of every membership, and waits until the server has taken all of them.
  void join_all(const std::function<void(std::size_t client, std::size_t room)>& joined);
  // Whether the acknowledgement was for a join.
  bool on_ack(Client& client, bool ok);

 private:
  const Options& options_;
  Fleet& fleet_;
  std::size_t due_ = 0;
};

}  // namespace securechat::bench
