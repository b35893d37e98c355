#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <unordered_set>
#include <vector>

#include "load/tag.h"

namespace securechat::bench {

// What was wrong with the deliveries of a run. All zero is the only good outcome.
struct Faults {
  std::uint64_t lost = 0;      // Sent, and never delivered to somebody in the room.
  std::uint64_t repeated = 0;  // Delivered to somebody again.
  std::uint64_t disordered =
      0;                      // Delivered behind a later one, or in another order than to others.
  std::uint64_t foreign = 0;  // Never sent, or delivered to somebody who is not in the room.

  [[nodiscard]] std::uint64_t total() const { return lost + repeated + disordered + foreign; }
  friend bool operator==(const Faults&, const Faults&) = default;
};

// Keeps account of every message and every delivery: each member of a room must get each message
// that was sent to it once, the messages of a lane in the order in which they were sent, and all
// members of a room must see one order.
class Ledger {
 public:
  struct Shape {
    std::size_t receivers = 0;
    std::size_t rooms = 1;
    std::size_t lanes = 1;
  };
  explicit Ledger(const Shape& shape);

  void add_member(std::size_t receiver, std::size_t room);
  // Numbers the next message of a lane in a room.
  [[nodiscard]] std::uint32_t send(std::size_t lane, std::size_t room);
  void deliver(std::size_t receiver, const Tag& tag);

  // Messages that were sent, times the members they are for.
  [[nodiscard]] std::uint64_t expected() const { return expected_; }
  // Deliveries that were not faults.
  [[nodiscard]] std::uint64_t delivered() const { return delivered_; }
  // Everything that was sent has arrived everywhere, or more than that.
  [[nodiscard]] bool settled() const { return delivered_ >= expected_; }
  // Counts what is still missing as lost. The last call.
  [[nodiscard]] Faults finish();

 private:
  // What one receiver has got in one room.
  struct Place {
    std::size_t position = 0;  // In the room's order.
    bool member = false;
    bool skipped = false;  // Something before the position has not come.
  };

  [[nodiscard]] Place& place(std::size_t receiver, std::size_t room) {
    return places_[receiver * shape_.rooms + room];
  }
  [[nodiscard]] std::uint32_t& next(std::size_t receiver, std::size_t room, std::size_t lane) {
    return next_[(receiver * shape_.rooms + room) * shape_.lanes + lane];
  }
  void compare_order(Place& place, const Tag& tag);
  void deliver_out_of_turn(std::size_t receiver, const Tag& tag, std::uint32_t expected);

  const Shape shape_;
  std::vector<std::uint32_t> sent_;                 // By room and lane.
  std::vector<std::size_t> members_;                // By room: how many.
  std::vector<std::vector<std::uint64_t>> orders_;  // By room: lane and number, as first seen.
  std::vector<Place> places_;                       // By receiver and room.
  std::vector<std::uint32_t> next_;                 // By receiver, room and lane.
  std::unordered_set<std::string> missing_;         // What was skipped and may still come.
  std::uint64_t expected_ = 0;
  std::uint64_t delivered_ = 0;
  Faults faults_;
};

}  // namespace securechat::bench
