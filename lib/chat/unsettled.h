#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "chat/held_packets.h"
#include "protocol/packet.h"

namespace securechat::chat {

// Namespaces of one peer that it is neither in nor out of: a join is being decided, and what the
// peer sends ahead of the answer waits; or we ended its session, and it may not know yet. Between
// such times it takes no memory.
class Unsettled {
 public:
  void begin_join(const std::string& nsp);
  void end_join(const std::string& nsp);
  [[nodiscard]] bool joining(std::string_view nsp) const;

  // Of so many it is remembered.
  static constexpr std::size_t kExpelled = 64;
  void expel(const std::string& nsp);
  [[nodiscard]] bool expelled(std::string_view nsp) const;

  // As HeldPackets does.
  [[nodiscard]] bool hold(protocol::Packet& packet);
  [[nodiscard]] std::vector<protocol::Packet> release(std::string_view nsp);

 private:
  struct Parts {
    std::set<std::string, std::less<>> joining;
    std::set<std::string, std::less<>> expelled;
    HeldPackets held;
  };
  Parts& parts();
  void give_back_empty();

  std::unique_ptr<Parts> parts_;
};

}  // namespace securechat::chat
