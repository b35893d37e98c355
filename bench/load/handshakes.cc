#include <memory>
#include <stdexcept>
#include <vector>

#include "load/clock.h"
#include "load/fleet.h"
#include "load/histogram.h"
#include "load/report.h"
#include "load/runs.h"

namespace securechat::bench {
namespace {

// The clients that come and go. Each is closed as soon as it has joined; the next takes its place
// after the turn, when nothing of the loop points at it any more.
class Visitors final : private ClientEvents {
 public:
  Visitors(const Options& options, EventLoop& loop)
      : options_(options),
        setting_{loop, options.endpoint, options.dialect, static_cast<ClientEvents&>(*this)},
        slots_(options.opening),
        begun_ns_(options.opening) {
    setting_.opened = options.connections;
  }

  // Fills the free places.
  void refill() {
    for (std::size_t slot = 0; slot < slots_.size(); ++slot) {
      if (slots_[slot] && !slots_[slot]->ended()) continue;
      begun_ns_[slot] = now_ns();
      slots_[slot] = std::make_unique<Client>(setting_, slot, options_.token(next_token_++));
    }
  }

  [[nodiscard]] std::uint64_t joined() const { return joined_; }
  [[nodiscard]] const Histogram& latency() const { return latency_; }

 private:
  void on_joined(Client& client) override {
    ++joined_;
    latency_.record(now_ns() - begun_ns_[client.index()]);
    client.close();
  }
  void on_message(Client& /*client*/, std::string_view /*payload*/, std::int64_t /*ns*/) override {}
  void on_ack(Client& /*client*/, std::uint32_t /*ref*/, bool /*ok*/,
              std::int64_t /*ns*/) override {}
  void on_ended(Client& /*client*/, std::string_view why) override {
    throw std::runtime_error("a handshake failed: " + std::string(why));
  }

  const Options& options_;
  ClientSetting setting_;
  std::vector<std::unique_ptr<Client>> slots_;
  std::vector<std::int64_t> begun_ns_;
  Histogram latency_;
  std::uint64_t joined_ = 0;
  std::size_t next_token_ = 0;
};

class Handshakes final : private ClientEvents {
 public:
  explicit Handshakes(const Options& options)
      : options_(options), fleet_(options, *this), visitors_(options, fleet_.loop()) {}

  std::string run() {
    fleet_.open(options_.connections);
    fleet_.run_for(options_.settle_ms);
    serve(options_.warmup_ms);
    const std::uint64_t before = visitors_.joined();
    const double cpu = fleet_.server_cpu();
    const std::int64_t begin = now_ns();
    serve(options_.measure_ms);
    const double seconds = static_cast<double>(now_ns() - begin) / 1e9;
    const double spent = fleet_.server_cpu() - cpu;
    const auto joined = static_cast<double>(visitors_.joined() - before);

    Report report;
    report.text("run", "handshakes").count("held", options_.connections);
    report.count("measured", visitors_.joined() - before);
    report.real("seconds", seconds).real("server_cpu", spent);
    report.real("per_cpu_second", spent > 0 ? joined / spent : 0);
    report.real("per_second", joined / seconds).real("server_load", spent / seconds);
    report.latency("latency_us", visitors_.latency());
    return report.line();
  }

 private:
  void serve(std::int64_t ms) {
    fleet_.run_until(now_ns() + ms * kNsPerMs, [this] {
      visitors_.refill();
      return false;
    });
  }

  void on_joined(Client& /*client*/) override {}
  void on_message(Client& /*client*/, std::string_view /*payload*/, std::int64_t /*ns*/) override {}
  void on_ack(Client& /*client*/, std::uint32_t /*ref*/, bool /*ok*/,
              std::int64_t /*ns*/) override {}
  void on_ended(Client& /*client*/, std::string_view /*why*/) override {}

  const Options& options_;
  Fleet fleet_;
  Visitors visitors_;
};

}  // namespace

std::string run_handshakes(const Options& options) {
  return Handshakes(options).run();
}

}  // namespace securechat::bench
