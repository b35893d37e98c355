#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "base/mailbox.h"
#include "chat/neighbours.h"

namespace securechat::server {

class EngineRelay;

// How the shards of one server reach each other. Filled before the first of them runs and not
// changed any more, so that every thread may read it.
class ShardPorts {
 public:
  struct Port {
    std::shared_ptr<Mailbox> home;
    // For tasks that run through `home`, on the shard's thread.
    chat::Namespaces* namespaces;
    EngineRelay* relay;
  };

  void add(Port port) { ports_.push_back(std::move(port)); }
  [[nodiscard]] std::size_t size() const { return ports_.size(); }
  [[nodiscard]] const Port& at(std::size_t shard) const { return ports_.at(shard); }

 private:
  std::vector<Port> ports_;
};

// All but one of them.
class OtherShards final : public chat::Neighbours {
 public:
  OtherShards(const ShardPorts& ports, std::size_t self) : ports_(ports), self_(self) {}

  [[nodiscard]] bool none() const override { return ports_.size() < 2; }
  void post(const std::function<void(chat::Namespaces&)>& task) const override {
    for (std::size_t shard = 0; shard < ports_.size(); ++shard) {
      if (shard == self_) continue;
      const ShardPorts::Port& port = ports_.at(shard);
      port.home->post([task, namespaces = port.namespaces] { task(*namespaces); });
    }
  }

 private:
  const ShardPorts& ports_;
  const std::size_t self_;
};

}  // namespace securechat::server
