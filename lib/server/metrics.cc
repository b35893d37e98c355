#include "server/metrics.h"

#include <string_view>

#include "net/loop.h"
#include "server/exposition.h"
#include "server/process_stats.h"

namespace securechat::server {
namespace {

double seconds(std::int64_t ms) {
  return static_cast<double>(ms) / 1000;
}

}  // namespace

Metrics::Metrics(const Sources& sources)
    : sources_(sources),
      started_at_ms_(sources.clock.unix_ms()),
      started_monotonic_ms_(sources.clock.monotonic_ms()) {}

std::string Metrics::text() const {
  Exposition out;
  write_server(out);
  write_shards(out);
  write_chat(out);
  write_refusals(out);
  write_hashing(out);
  write_storage(out);
  write_logs(out);
  return out.take();
}

void Metrics::write_server(Exposition& out) const {
  out.family("build_info", "gauge", "Versions of the server and of what it runs on; always 1.");
  out.sample(1, {{"version", SECURECHAT_PROJECT_VERSION},
                 {"libwebsockets", net::loop_version()},
                 {"sqlite", storage::sqlite_version()}});
  out.family("start_time_seconds", "gauge", "When the server started, in seconds since 1970.");
  out.sample_real(seconds(started_at_ms_));
  out.family("uptime_seconds", "gauge", "For how long the server has run.");
  out.sample_real(seconds(sources_.clock.monotonic_ms() - started_monotonic_ms_));
  const ProcessStats process = ProcessStats::read();
  if (process.resident_bytes) {
    out.gauge("process_resident_memory_bytes", "Resident memory of the process.",
              *process.resident_bytes);
  }
  if (process.open_descriptors) {
    out.gauge("process_open_fds", "Descriptors that the process has open.",
              *process.open_descriptors);
  }
  if (process.max_descriptors) {
    out.gauge("process_max_fds", "Descriptors that the process may have open.",
              *process.max_descriptors);
  }
  if (process.cpu_seconds) {
    out.family("process_cpu_seconds_total", "counter", "Processor time of the process.");
    out.sample_real(*process.cpu_seconds);
  }
  out.gauge("connections", "Open TCP connections.", sources_.connections.total());
  out.gauge("sessions", "Sessions that have joined.", sources_.live_sessions.size());
  out.gauge("rooms", "Rooms that somebody is in.", sources_.presence.rooms());
  out.gauge("http_waiting", "HTTP requests whose answer is due.",
            sources_.http_waiting.load(std::memory_order_relaxed));
  std::int64_t engine_sessions = 0;
  for (const auto& shard : sources_.shards) engine_sessions += shard->engine_sessions.value();
  out.family("engine_sessions", "gauge", "Engine.IO sessions, on either transport.");
  out.sample_signed(engine_sessions);
}

void Metrics::write_shards(Exposition& out) const {
  const auto each = [&](std::string_view name, std::string_view type, std::string_view help,
                        const auto& value_of) {
    out.family(name, type, help);
    for (std::size_t i = 0; i < sources_.shards.size(); ++i) {
      out.sample_signed(static_cast<std::int64_t>(value_of(*sources_.shards[i])),
                        {{"shard", std::to_string(i)}});
    }
  };
  using Shard = const ShardCounters&;
  each("shard_connections", "gauge", "Open TCP connections of an event loop.",
       [](Shard shard) { return shard.loop.connections.value(); });
  each("shard_sessions", "gauge", "Sessions of an event loop.",
       [](Shard shard) { return shard.sessions.value(); });
  each("connections_accepted_total", "counter", "TCP connections that were accepted.",
       [](Shard shard) { return shard.loop.accepted.value(); });
  each("connections_refused_total", "counter",
       "TCP connections that were closed at once, over the limit of all or of one address.",
       [](Shard shard) { return shard.loop.refused.value(); });
  each("out_of_descriptors_total", "counter",
       "Times that nothing was accepted for a moment, because no descriptor was left.",
       [](Shard shard) { return shard.loop.out_of_descriptors.value(); });
  each("tls_faults_total", "counter", "TLS handshakes that failed.",
       [](Shard shard) { return shard.loop.tls_faults.value(); });
  each("websocket_messages_received_total", "counter", "WebSocket messages that came.",
       [](Shard shard) { return shard.loop.websocket_messages.value(); });
  each("outbox_bytes", "gauge",
       "Bytes that wait for WebSockets which do not take all that is written to them.",
       [](Shard shard) { return shard.loop.outbox_bytes.value(); });
  each("slow_consumers_total", "counter", "Connections that were closed for reading too slowly.",
       [](Shard shard) { return shard.chat.slow_consumers.value(); });
  each("frames_dropped_total", "counter",
       "Frames that a slow WebSocket did not get (limits.slow_consumer=drop-new).",
       [](Shard shard) { return shard.loop.frames_dropped.value(); });
}

void Metrics::write_chat(Exposition& out) const {
  const auto each = [&](std::string_view name, std::string_view help,
                        Counter chat::Counters::*counter) {
    out.family(name, "counter", help);
    for (std::size_t i = 0; i < sources_.shards.size(); ++i) {
      out.sample((sources_.shards[i]->chat.*counter).value(), {{"shard", std::to_string(i)}});
    }
  };
  each("packets_received_total", "Packets of every kind that clients sent.",
       &chat::Counters::packets_received);
  each("messages_received_total", "Events send-message that clients sent.",
       &chat::Counters::messages_received);
  each("messages_sent_total", "Messages that were accepted, stored and sent to their room.",
       &chat::Counters::messages_sent);
  each("deliveries_total", "Messages handed to members of rooms, each member counted.",
       &chat::Counters::deliveries);
  each("protocol_faults_total", "Connections that were closed because their peer broke a protocol.",
       &chat::Counters::protocol_faults);
  each("payload_refusals_total", "Connections that were closed for a payload over the limit.",
       &chat::Counters::payload_refusals);
}

void Metrics::write_refusals(Exposition& out) const {
  const auto words = [&](const auto& counters_of, std::string_view label, std::string_view at) {
    const std::size_t count = counters_of(*sources_.shards.front()).size();
    for (std::size_t word = 0; word < count; ++word) {
      std::uint64_t sum = 0;
      for (const auto& shard : sources_.shards) sum += counters_of(*shard).value(word);
      const std::string_view name = counters_of(*sources_.shards.front()).word(word);
      if (at.empty()) {
        out.sample(sum, {{label, name}});
      } else {
        out.sample(sum, {{"at", at}, {label, name}});
      }
    }
  };
  using Shard = const ShardCounters&;
  out.family("http_responses_total", "counter", "Answers to HTTP requests, by status.");
  words([](Shard shard) -> const auto& { return shard.answers; }, "code", {});
  out.family("refusals_total", "counter",
             "Refusals by where they happen (connect: joining; event; api) and by reason.");
  words(
      [](Shard shard) -> const auto& { return shard.chat.connect_refusals; }, "reason", "connect");
  words(
      [](Shard shard) -> const auto& { return shard.chat.event_refusals; }, "reason", "event");
  const auto& api = sources_.api.refusals;
  for (std::size_t i = 0; i < api.size(); ++i) {
    out.sample(api.value(i), {{"at", "api"}, {"reason", api.word(i)}});
  }
  out.family("rate_limited_total", "counter", "What was over a limit, by limit.");
  words([](Shard shard) -> const auto& { return shard.chat.rate_limited; }, "limit", {});
  const auto& limits = sources_.api.rate_limited;
  for (std::size_t i = 0; i < limits.size(); ++i) {
    out.sample(limits.value(i), {{"limit", limits.word(i)}});
  }
}

void Metrics::write_hashing(Exposition& out) const {
  const WorkerPool::Stats stats = sources_.hashing.stats();
  out.gauge("hash_queued", "Passwords that wait to be hashed.", stats.queued);
  out.gauge("hash_busy_workers", "Threads that hash a password.", stats.busy);
  out.counter("hashes_total", "Passwords that were hashed.", stats.done);
  out.counter("hashes_refused_total", "Passwords refused because too many waited.", stats.refused);
}

void Metrics::write_storage(Exposition& out) const {
  const storage::Database::Stats stats = sources_.database.stats();
  out.counter("storage_commits_total", "Transactions committed.", stats.commits);
  out.counter("storage_units_total", "Units of work answered.", stats.units);
  out.gauge("storage_queued", "Units of work that wait.", stats.queued);
  out.counter("storage_refused_total", "Units of work refused because too many waited.",
              stats.refused);
  out.gauge("storage_log_bytes", "Bytes in the write-ahead log of the database.", stats.log_bytes);
  out.family("storage_batch_units", "histogram", "Units of work in one transaction.");
  out.histogram(stats.batch_units);
  out.family("storage_commit_seconds", "histogram",
             "Time of a transaction, from its beginning until it is on the disk.");
  out.histogram(stats.commit_seconds);
}

void Metrics::write_logs(Exposition& out) const {
  const audit::Trail::Counters audit = sources_.trail.counters();
  out.counter("audit_events_total", "Lines of the audit log written.", audit.written);
  out.counter("audit_dropped_total",
              "Events of the audit log lost to a sink that was full, failing or slow.",
              audit.dropped);
  out.counter("audit_suppressed_total",
              "Events of the audit log left out, because one source had too many of one kind.",
              audit.suppressed);
  out.counter("log_lines_dropped_total",
              "Lines of the log left out, because a peer could provoke any number of them.",
              sources_.log.lost());
}

}  // namespace securechat::server
