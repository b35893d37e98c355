#include "load/fleet.h"

#include <stdexcept>

#include "load/clock.h"

namespace securechat::bench {
namespace {

constexpr std::int64_t kOpenMs = 120'000;
constexpr int kTurnMs = 1;

}  // namespace

Fleet::Fleet(const Options& options, ClientEvents& events)
    : options_(options),
      events_(events),
      setting_{loop_, options.endpoint, options.dialect, static_cast<ClientEvents&>(*this)} {
  clients_.reserve(options.connections);
}

void Fleet::begin_one() {
  const std::size_t index = clients_.size();
  clients_.push_back(std::make_unique<Client>(setting_, index, options_.token(index)));
}

void Fleet::open(std::size_t count) {
  const std::int64_t deadline = now_ns() + kOpenMs * kNsPerMs;
  while (joined_ < count) {
    while (clients_.size() < count && clients_.size() - joined_ < options_.opening) begin_one();
    loop_.turn(kTurnMs);
    throw_if_ended();
    if (now_ns() > deadline) {
      throw std::runtime_error("after two minutes " + std::to_string(joined_) + " of " +
                               std::to_string(count) + " clients have joined");
    }
  }
}

bool Fleet::run_until(std::int64_t deadline_ns, const std::function<bool()>& done) {
  while (!done()) {
    if (now_ns() >= deadline_ns) return false;
    loop_.turn(kTurnMs);
    throw_if_ended();
  }
  return true;
}

void Fleet::run_for(std::int64_t ms) {
  run_until(now_ns() + ms * kNsPerMs, [] { return false; });
}

double Fleet::server_cpu() const {
  const std::optional<double> seconds = cpu_seconds(options_.server_pid);
  if (!seconds) throw std::runtime_error("--pid names no process");
  return *seconds;
}

Memory Fleet::server_memory() const {
  const std::optional<Memory> memory = memory_of(options_.server_pid);
  if (!memory) throw std::runtime_error("the memory of --pid cannot be read");
  return *memory;
}

void Fleet::throw_if_ended() const {
  if (!ended_.empty()) throw std::runtime_error(ended_);
}

void Fleet::on_joined(Client& client) {
  ++joined_;
  events_.on_joined(client);
}

void Fleet::on_message(Client& client, std::string_view payload, std::int64_t received_ns) {
  events_.on_message(client, payload, received_ns);
}

void Fleet::on_ack(Client& client, std::uint32_t ref, bool ok, std::int64_t received_ns) {
  events_.on_ack(client, ref, ok, received_ns);
}

void Fleet::on_ended(Client& client, std::string_view why) {
  if (ended_.empty()) {
    ended_ = "client " + std::to_string(client.index()) + " ended: " + std::string(why);
  }
  events_.on_ended(client, why);
}

}  // namespace securechat::bench
