#include "load/ledger.h"

#include <algorithm>

namespace securechat::bench {
namespace {

std::string missing_key(std::size_t receiver, std::size_t room, std::size_t lane,
                        std::uint32_t number) {
  std::string key;
  for (const std::size_t part : {receiver, room, lane, static_cast<std::size_t>(number)}) {
    key.append(std::to_string(part)).push_back('/');
  }
  return key;
}

}  // namespace

Ledger::Ledger(const Shape& shape)
    : shape_(shape),
      sent_(shape.rooms * shape.lanes),
      members_(shape.rooms),
      orders_(shape.rooms),
      places_(shape.receivers * shape.rooms),
      next_(shape.receivers * shape.rooms * shape.lanes) {}

void Ledger::add_member(std::size_t receiver, std::size_t room) {
  Place& entry = place(receiver, room);
  if (!entry.member) ++members_[room];
  entry.member = true;
}

std::uint32_t Ledger::send(std::size_t lane, std::size_t room) {
  expected_ += members_[room];
  return sent_[room * shape_.lanes + lane]++;
}

void Ledger::deliver(std::size_t receiver, const Tag& tag) {
  if (receiver >= shape_.receivers || tag.room >= shape_.rooms || tag.lane >= shape_.lanes ||
      tag.number >= sent_[tag.room * shape_.lanes + tag.lane]) {
    ++faults_.foreign;
    return;
  }
  Place& entry = place(receiver, tag.room);
  if (!entry.member) {
    ++faults_.foreign;
    return;
  }
  std::uint32_t& expected = next(receiver, tag.room, tag.lane);
  if (tag.number != expected) {
    deliver_out_of_turn(receiver, tag, expected);
    return;
  }
  ++expected;
  ++delivered_;
  compare_order(entry, tag);
}

// The first receiver that gets a room's next message sets the order for the others. One that skips
// a part of it may have lost that, which its lanes will show; what comes from behind its position
// was overtaken.
void Ledger::compare_order(Place& place, const Tag& tag) {
  std::vector<std::uint64_t>& order = orders_[tag.room];
  const std::uint64_t key = static_cast<std::uint64_t>(tag.lane) << 32U | tag.number;
  const auto position = order.begin() + static_cast<std::ptrdiff_t>(place.position);
  auto found = position;
  if (position == order.end() || *position != key) {
    found = std::find(position, order.end(), key);
    if (found == order.end()) {
      if (place.skipped && std::find(order.begin(), position, key) != position) {
        ++faults_.disordered;
        return;
      }
      found = order.insert(order.end(), key);
    }
    place.skipped |= found != order.begin() + static_cast<std::ptrdiff_t>(place.position);
  }
  place.position = static_cast<std::size_t>(found - order.begin()) + 1;
}

void Ledger::deliver_out_of_turn(std::size_t receiver, const Tag& tag, std::uint32_t expected) {
  if (tag.number > expected) {
    for (std::uint32_t number = expected; number < tag.number; ++number) {
      missing_.insert(missing_key(receiver, tag.room, tag.lane, number));
    }
    next(receiver, tag.room, tag.lane) = tag.number + 1;
    ++delivered_;
  } else if (missing_.erase(missing_key(receiver, tag.room, tag.lane, tag.number)) > 0) {
    ++faults_.disordered;
    ++delivered_;
  } else {
    ++faults_.repeated;
  }
}

Faults Ledger::finish() {
  faults_.lost = missing_.size();
  for (std::size_t receiver = 0; receiver < shape_.receivers; ++receiver) {
    for (std::size_t room = 0; room < shape_.rooms; ++room) {
      if (!place(receiver, room).member) continue;
      for (std::size_t lane = 0; lane < shape_.lanes; ++lane) {
        faults_.lost += sent_[room * shape_.lanes + lane] - next(receiver, room, lane);
      }
    }
  }
  return faults_;
}

}  // namespace securechat::bench
