#include "chat/peer_table.h"

#include "chat/peer_sessions.h"

namespace securechat::chat {

std::uint64_t PeerTable::ById::key(const PeerSessions* peer) {
  return peer->id();
}

void PeerTable::add(PeerSessions& peer) {
  peers_.add(&peer);
}

void PeerTable::remove(const PeerSessions& peer) {
  peers_.take(peer.id());
}

PeerSessions* PeerTable::find(std::uint64_t id) const {
  PeerSessions* const* found = peers_.find(id);
  return found == nullptr ? nullptr : *found;
}

std::vector<PeerSessions*> PeerTable::all() const {
  std::vector<PeerSessions*> peers;
  peers.reserve(peers_.size());
  peers_.for_each([&](PeerSessions* peer) { peers.push_back(peer); });
  return peers;
}

}  // namespace securechat::chat
