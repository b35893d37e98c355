#include <stdexcept>

#include "load/clock.h"
#include "load/fleet.h"
#include "load/histogram.h"
#include "load/ledger.h"
#include "load/report.h"
#include "load/runs.h"
#include "load/tag.h"

namespace securechat::bench {
namespace {

constexpr std::int64_t kDrainMs = 20'000;
constexpr std::int64_t kJoinMs = 30'000;
constexpr std::uint32_t kJoinRef = 1;

// The active clients are the last ones; each has a room of its own and gets back what it sends
// there, and an acknowledgement. A server under --dialect bare has no rooms: it answers "echo".
class Echo final : private ClientEvents {
 public:
  explicit Echo(const Options& options)
      : options_(options),
        fleet_(options, *this),
        ledger_({options.active, options.active, 1}),
        idle_(options.connections - options.active) {}

  std::string run() {
    fleet_.open(options_.connections);
    fleet_.run_for(options_.settle_ms);
    for (std::size_t i = 0; i < options_.active; ++i) ledger_.add_member(i, i);
    if (has_rooms()) join_rooms();
    running_ = true;
    for (std::size_t i = 0; i < options_.active; ++i) {
      for (std::size_t k = 0; k < options_.in_flight; ++k) send(i);
    }
    fleet_.run_for(options_.warmup_ms);
    measure();
    running_ = false;
    const bool settled = fleet_.run_until(now_ns() + kDrainMs * kNsPerMs,
                                          [this] { return ledger_.settled() && due_ == 0; });
    return report(settled);
  }

 private:
  [[nodiscard]] bool has_rooms() const {
    return options_.dialect == Dialect::kPlain || !options_.tokens.empty();
  }
  [[nodiscard]] static std::string room(std::size_t active) { return "e" + std::to_string(active); }

  void join_rooms() {
    for (std::size_t i = 0; i < options_.active; ++i) {
      const std::string args = R"({"room":")" + room(i) + R"("})";
      ++due_;
      fleet_.client(idle_ + i).send({"join-room", args, kJoinRef});
    }
    if (!fleet_.run_until(now_ns() + kJoinMs * kNsPerMs, [this] { return due_ == 0; })) {
      throw std::runtime_error("a join was not acknowledged within 30 s");
    }
  }

  void send(std::size_t active) {
    Tag tag;
    tag.room = static_cast<std::uint32_t>(active);
    tag.number = ledger_.send(0, active);
    tag.sent_ns = now_ns();
    std::string args = R"({"message":")";
    append_text(args, tag, options_.text_bytes);
    args.append(R"(","room":")").append(room(active)).append(R"("})");
    ++due_;
    fleet_.client(idle_ + active)
        .send({has_rooms() ? "send-message" : "echo", args, tag.number + kJoinRef + 1});
  }

  void measure() {
    const std::uint64_t before = acked_;
    measuring_ = true;
    const double cpu = fleet_.server_cpu();
    const std::int64_t begin = now_ns();
    fleet_.run_for(options_.measure_ms);
    measuring_ = false;
    seconds_ = static_cast<double>(now_ns() - begin) / 1e9;
    cpu_ = fleet_.server_cpu() - cpu;
    measured_ = acked_ - before;
  }

  void on_joined(Client& /*client*/) override {}
  void on_ended(Client& /*client*/, std::string_view /*why*/) override {}

  void on_message(Client& client, std::string_view payload, std::int64_t received_ns) override {
    const std::optional<Tag> tag = find_tag(payload, tag_hint_);
    if (!tag || client.index() < idle_) {
      ++misplaced_;
      return;
    }
    ledger_.deliver(client.index() - idle_, *tag);
    if (measuring_) latency_.record(received_ns - tag->sent_ns);
  }

  void on_ack(Client& client, std::uint32_t /*ref*/, bool ok,
              std::int64_t /*received_ns*/) override {
    if (!ok) throw std::runtime_error("the server refused a join or a message");
    --due_;
    if (!running_) return;
    ++acked_;
    send(client.index() - idle_);
  }

  std::string report(bool settled) {
    Faults faults = ledger_.finish();
    faults.foreign += misplaced_;
    const auto round_trips = static_cast<double>(measured_);
    Report report;
    report.text("run", "echo").count("connections", options_.connections);
    report.count("active", options_.active).count("in_flight", options_.in_flight);
    report.count("measured", measured_).real("seconds", seconds_).real("server_cpu", cpu_);
    report.real("per_cpu_second", cpu_ > 0 ? round_trips / cpu_ : 0);
    report.real("per_second", round_trips / seconds_).real("server_load", cpu_ / seconds_);
    report.latency("latency_us", latency_);
    report.count("settled", settled ? 1 : 0).faults(faults);
    return report.line();
  }

  const Options& options_;
  Fleet fleet_;
  Ledger ledger_;
  const std::size_t idle_;  // How many are; the active ones follow.
  Histogram latency_;
  std::size_t tag_hint_ = 0;
  std::uint64_t due_ = 0;
  std::uint64_t acked_ = 0;
  std::uint64_t measured_ = 0;
  std::uint64_t misplaced_ = 0;
  double seconds_ = 0;
  double cpu_ = 0;
  bool running_ = false;
  bool measuring_ = false;
};

}  // namespace

std::string run_echo(const Options& options) {
  return Echo(options).run();
}

}  // namespace securechat::bench
