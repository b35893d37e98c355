#include <algorithm>

#include "load/clock.h"
#include "load/fleet.h"
#include "load/report.h"
#include "load/runs.h"

namespace securechat::bench {
namespace {

// The first connections make what a server makes once; they are not counted.
constexpr std::size_t kFirst = 200;

class Idle final : private ClientEvents {
 public:
  explicit Idle(const Options& options) : options_(options), fleet_(options, *this) {}

  std::string run() {
    const std::size_t first = std::min(kFirst, options_.connections / 2);
    fleet_.open(first);
    fleet_.run_for(options_.settle_ms);
    const Memory before = fleet_.server_memory();
    fleet_.open(options_.connections);
    fleet_.run_for(options_.settle_ms);
    const Memory after = fleet_.server_memory();
    const double cpu = fleet_.server_cpu();
    const std::int64_t begin = now_ns();
    fleet_.run_for(options_.measure_ms);
    const double seconds = static_cast<double>(now_ns() - begin) / 1e9;
    const double spent = fleet_.server_cpu() - cpu;

    const auto each = [&](std::int64_t kb) {
      return static_cast<double>(kb) / static_cast<double>(options_.connections - first);
    };
    Report report;
    report.text("run", "idle").count("connections", options_.connections);
    report.real("pss_kb_each", each(after.pss_kb - before.pss_kb));
    report.real("rss_kb_each", each(after.rss_kb - before.rss_kb));
    report.count("pss_kb", static_cast<std::uint64_t>(after.pss_kb));
    report.real("seconds", seconds).real("server_cpu", spent);
    report.real("server_load", spent / seconds);
    return report.line();
  }

 private:
  void on_joined(Client& /*client*/) override {}
  void on_message(Client& /*client*/, std::string_view /*payload*/, std::int64_t /*ns*/) override {}
  void on_ack(Client& /*client*/, std::uint32_t /*ref*/, bool /*ok*/,
              std::int64_t /*ns*/) override {}
  void on_ended(Client& /*client*/, std::string_view /*why*/) override {}

  const Options& options_;
  Fleet fleet_;
};

}  // namespace

std::string run_idle(const Options& options) {
  return Idle(options).run();
}

}  // namespace securechat::bench
