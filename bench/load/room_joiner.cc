#include "load/room_joiner.h"

#include <stdexcept>

#include "load/clock.h"

namespace securechat::bench {
namespace {

constexpr std::size_t kJoinsAtATime = 32;
constexpr std::int64_t kJoinMs = 30'000;

}  // namespace

void RoomJoiner::join_all(const std::function<void(std::size_t, std::size_t)>& joined) {
  if (options_.rooms == 0) {
    for (std::size_t i = 0; i < options_.connections; ++i) joined(i, 0);
    return;
  }
  const auto wait = [this](std::size_t at_most) {
    const std::int64_t deadline = now_ns() + kJoinMs * kNsPerMs;
    if (!fleet_.run_until(deadline, [&] { return due_ <= at_most; })) {
      throw std::runtime_error("a join was not acknowledged within 30 s");
    }
  };
  for (std::size_t room = 0; room < options_.rooms; ++room) {
    const std::string args = R"({"room":")" + name(room) + R"("})";
    for (std::size_t place = 0; place < options_.room_members; ++place) {
      const std::size_t client = member(room, place);
      joined(client, room);
      ++due_;
      fleet_.client(client).send({"join-room", args, 1});
      wait(kJoinsAtATime);
    }
  }
  wait(0);
}

bool RoomJoiner::on_ack(Client& /*client*/, bool ok) {
  if (due_ == 0) return false;
  if (!ok) throw std::runtime_error("a join was refused");
  --due_;
  return true;
}

}  // namespace securechat::bench
