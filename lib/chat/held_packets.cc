#include "chat/held_packets.h"

#include <utility>

#include "chat/packet_budget.h"

namespace securechat::chat {

bool HeldPackets::add(protocol::Packet& packet) {
  const std::size_t bytes = size_of(packet);
  if (packets_.size() >= kMaxPackets || bytes > kMaxBytes - bytes_) return false;
  bytes_ += bytes;
  packets_.push_back(std::move(packet));
  return true;
}

std::vector<protocol::Packet> HeldPackets::take(std::string_view nsp) {
  std::vector<protocol::Packet> taken;
  std::vector<protocol::Packet> kept;
  for (protocol::Packet& packet : packets_) {
    const bool wanted = packet.nsp == nsp;
    if (wanted) bytes_ -= size_of(packet);
    (wanted ? taken : kept).push_back(std::move(packet));
  }
  packets_ = std::move(kept);
  return taken;
}

}  // namespace securechat::chat
