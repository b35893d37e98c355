#pragma once

#include <cstdint>
#include <unordered_map>
#include <vector>

namespace securechat::chat {

class PeerSessions;

// The peers of one shard by number, so that an answer that comes from storage finds out whether
// its peer is still there.
class PeerTable {
 public:
  std::uint64_t add(PeerSessions& peer) {
    peers_.emplace(++last_id_, &peer);
    return last_id_;
  }
  void remove(std::uint64_t id) { peers_.erase(id); }
  [[nodiscard]] PeerSessions* find(std::uint64_t id) const {
    const auto found = peers_.find(id);
    return found == peers_.end() ? nullptr : found->second;
  }
  [[nodiscard]] std::vector<PeerSessions*> all() const {
    std::vector<PeerSessions*> peers;
    peers.reserve(peers_.size());
    for (const auto& [id, peer] : peers_) peers.push_back(peer);
    return peers;
  }
  [[nodiscard]] bool empty() const { return peers_.empty(); }

 private:
  std::uint64_t last_id_ = 0;
  std::unordered_map<std::uint64_t, PeerSessions*> peers_;
};

}  // namespace securechat::chat
