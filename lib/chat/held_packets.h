#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "protocol/packet.h"

namespace securechat::chat {

// What a peer sends ahead of the answer to a join. Bounded: nobody has let the peer in yet.
class HeldPackets {
 public:
  // A whole unauthenticated message fits.
  static constexpr std::size_t kMaxPackets = 16;
  static constexpr std::size_t kMaxBytes = 65'536;

  // Takes the packet over. False, with the packet left as it is, when there is no room for it.
  [[nodiscard]] bool add(protocol::Packet& packet);
  // Takes out what is for `nsp`, in the order in which it came.
  [[nodiscard]] std::vector<protocol::Packet> take(std::string_view nsp);
  [[nodiscard]] bool empty() const { return packets_.empty(); }

 private:
  std::vector<protocol::Packet> packets_;
  std::size_t bytes_ = 0;
};

}  // namespace securechat::chat
