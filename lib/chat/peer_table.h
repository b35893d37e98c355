#pragma once

#include <cstdint>
#include <vector>

#include "base/flat_table.h"

namespace securechat::chat {

class PeerSessions;

// The peers of one shard by number, so that an answer that comes from storage finds out whether
// its peer is still there.
class PeerTable {
 public:
  // Never reused.
  [[nodiscard]] std::uint64_t next_id() { return ++last_id_; }
  void add(PeerSessions& peer);
  void remove(const PeerSessions& peer);
  [[nodiscard]] PeerSessions* find(std::uint64_t id) const;
  [[nodiscard]] std::vector<PeerSessions*> all() const;
  [[nodiscard]] bool empty() const { return peers_.empty(); }

 private:
  struct ById {
    static std::uint64_t key(const PeerSessions* peer);
    static std::uint64_t hash(std::uint64_t id) { return id; }
  };

  std::uint64_t last_id_ = 0;
  FlatTable<PeerSessions*, ById> peers_;
};

}  // namespace securechat::chat
