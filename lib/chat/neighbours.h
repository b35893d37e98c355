#pragma once

#include <functional>

namespace securechat::chat {

class Namespaces;

// The other shards of the server, as seen from one of them: what is said in a room concerns its
// members there, too. One task travels to each shard, whatever the number of members.
class Neighbours {
 public:
  virtual ~Neighbours() = default;
  [[nodiscard]] virtual bool none() const = 0;
  // Runs the task on each of them, on its thread, with its namespaces; tasks of one thread run in
  // the order in which they were posted. Any thread.
  virtual void post(const std::function<void(Namespaces&)>& task) const = 0;
};

}  // namespace securechat::chat
