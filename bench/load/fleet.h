#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "load/client.h"
#include "load/options.h"
#include "load/process.h"

namespace securechat::bench {

// The clients of a run, opened a few at a time. A client that ends though nobody closed it fails
// the run.
class Fleet final : private ClientEvents {
 public:
  // `events` hears what the clients hear, and outlives the fleet.
  Fleet(const Options& options, ClientEvents& events);

  // Opens connections until there are `count`, and waits until all have joined. Throws
  // std::runtime_error when one is refused or when it takes longer than two minutes.
  void open(std::size_t count);
  [[nodiscard]] std::size_t size() const { return clients_.size(); }
  [[nodiscard]] Client& client(std::size_t index) { return *clients_[index]; }
  [[nodiscard]] EventLoop& loop() { return loop_; }

  // Serves until `done` or the time has come; answers whether `done`. Throws when a client ended.
  bool run_until(std::int64_t deadline_ns, const std::function<bool()>& done);
  void run_for(std::int64_t ms);

  [[nodiscard]] double server_cpu() const;
  [[nodiscard]] Memory server_memory() const;

 private:
  void on_joined(Client& client) override;
  void on_message(Client& client, std::string_view payload, std::int64_t received_ns) override;
  void on_ack(Client& client, std::uint32_t ref, bool ok, std::int64_t received_ns) override;
  void on_ended(Client& client, std::string_view why) override;
  void begin_one();
  void throw_if_ended() const;

  const Options& options_;
  ClientEvents& events_;
  EventLoop loop_;
  ClientSetting setting_;
  std::vector<std::unique_ptr<Client>> clients_;
  std::size_t joined_ = 0;
  std::string ended_;  // Why the first one ended.
};

}  // namespace securechat::bench
