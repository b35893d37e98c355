#include "chat/packet_budget.h"

namespace securechat::chat {
namespace {

constexpr std::int64_t kWindowMs = 10'000;

}  // namespace

std::size_t size_of(const protocol::Packet& packet) {
  std::size_t bytes = packet.data.size();
  for (const std::string& attachment : packet.attachments) bytes += attachment.size();
  return bytes;
}

bool PacketBudget::take(const protocol::Packet& packet, const ChatOptions& options,
                        std::int64_t now_ms) {
  if (now_ms - from_ms_ >= kWindowMs) {
    from_ms_ = now_ms;
    packets_ = 0;
    bytes_ = 0;
  }
  bytes_ += size_of(packet);
  return ++packets_ <= options.packets_per_window && bytes_ <= options.bytes_per_window;
}

}  // namespace securechat::chat
