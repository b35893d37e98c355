#pragma once

#include <cstddef>
#include <cstdint>

#include "chat/environment.h"
#include "protocol/packet.h"

namespace securechat::chat {

// What a packet counts where bytes are counted: its text and its attachments.
[[nodiscard]] std::size_t size_of(const protocol::Packet& packet);

// What one connection may send of packets of every kind. A fixed window: at its border a peer may
// send twice as much, which no budget of this size minds.
class PacketBudget {
 public:
  // Counts the packet. False when it is over what `options` allow.
  [[nodiscard]] bool take(const protocol::Packet& packet, const ChatOptions& options,
                          std::int64_t now_ms);

 private:
  std::int64_t from_ms_ = 0;
  std::size_t packets_ = 0;
  std::size_t bytes_ = 0;
};

}  // namespace securechat::chat
