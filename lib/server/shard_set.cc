#include "server/shard_set.h"

#include <future>
#include <utility>

#include "server/lost_sessions.h"

namespace securechat::server {
namespace {

constexpr std::size_t kRememberedPerRoom = 1'000;

std::shared_ptr<chat::MemoryStore> make_memory(const Settings& settings) {
  if (settings.chat_history == "durable") return nullptr;
  return std::make_shared<chat::MemoryStore>(kRememberedPerRoom, settings.chat_history == "memory");
}

std::vector<std::unique_ptr<ShardCounters>> make_counters(std::size_t shards) {
  std::vector<std::unique_ptr<ShardCounters>> counters;
  for (std::size_t i = 0; i < shards; ++i) counters.push_back(std::make_unique<ShardCounters>());
  return counters;
}

}  // namespace

ShardSet::ShardSet(const Parts& parts, const Settings& settings)
    : parts_(parts),
      durable_(settings.chat_history == "durable"),
      rates_(settings),
      tls_faults_(parts.clock),
      lost_sessions_(settings.recovery_window_ms),
      memory_(make_memory(settings)),
      counters_(make_counters(settings.threads)),
      metrics_({parts.clock, parts.log, parts.trail, parts.database, parts.hashing, *connections_,
                http_waiting_, live_sessions_, presence_, api_counters_, counters_}) {}

// The first picks the port, the others share it.
Result<std::uint16_t> ShardSet::listen(const Settings& settings) {
  std::int64_t position = 0;
  if (durable_) {
    const std::int64_t since_ms = parts_.clock.unix_ms() - settings.recovery_window_ms;
    Result<std::int64_t> loaded = load_lost_sessions(parts_.database, since_ms, lost_sessions_);
    if (!loaded.ok()) return loaded.status();
    position = *loaded;
  }
  const Result<std::int64_t> revocation = newest_revocation(parts_.database);
  if (!revocation.ok()) return revocation.status();
  const Shard::Shared shared{parts_.clock,
                             parts_.log,
                             parts_.trail,
                             parts_.database,
                             parts_.accounts,
                             parts_.host,
                             live_sessions_,
                             rates_,
                             tls_faults_,
                             *revocation,
                             [this](const std::vector<std::string>& sids) { revoke(sids); },
                             presence_,
                             memory_,
                             lost_sessions_,
                             position,
                             ports_,
                             engine_directory_,
                             connections_,
                             http_waiting_,
                             api_counters_,
                             scraper_};
  std::uint16_t port = settings.port;
  for (std::size_t i = 0; i < settings.threads; ++i) {
    Result<std::unique_ptr<Shard>> shard =
        Shard::create(shared, settings, *counters_[i], i, settings.threads);
    if (!shard.ok()) return shard.status();
    shards_.push_back(std::move(*shard));
    const Result<std::uint16_t> bound = shards_.back()->listen(settings.host, port);
    if (!bound.ok()) return bound.status();
    port = *bound;
  }
  return port;
}

void ShardSet::run() {
  for (const auto& shard : shards_) shard->run();
}

void ShardSet::drain(std::int32_t drain_ms) {
  std::vector<std::future<void>> drains;
  for (const auto& shard : shards_) drains.push_back(shard->drain(drain_ms));
  for (const std::future<void>& drained : drains) drained.wait();
  if (!durable_) return;
  if (Status saved = save_lost_sessions(parts_.database, lost_sessions_); !saved.ok()) {
    parts_.log.warn("sessions cannot be recovered after the restart",
                    {{"reason", saved.message()}});
  }
}

void ShardSet::stop() {
  scraper_.stop();
  // A loop that ends gives descriptors back, one of them twice with libwebsockets 4.1: no other
  // loop may be given it in between.
  std::vector<std::future<void>> silenced;
  for (const auto& shard : shards_) silenced.push_back(shard->stop_listening());
  for (const std::future<void>& done : silenced) done.wait();
  for (const auto& shard : shards_) shard->stop();
}

void ShardSet::apply(const std::shared_ptr<const Settings>& settings) {
  rates_.configure(*settings);
  for (const auto& shard : shards_) shard->apply(settings);
}

void ShardSet::revoke(const std::vector<std::string>& sids) {
  for (const auto& shard : shards_) shard->revoke(sids);
}

Status ShardSet::emit(const chat::Target& target, chat::Emission emission) {
  const auto shared = std::make_shared<const chat::Emission>(std::move(emission));
  if (target.session != 0) {
    return with_shard(target.session, [&](Shard& shard) { shard.emit(target, shared); });
  }
  for (const auto& shard : shards_) shard->emit(target, shared);
  return {};
}

}  // namespace securechat::server
