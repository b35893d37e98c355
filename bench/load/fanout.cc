#include <stdexcept>

#include "load/clock.h"
#include "load/fleet.h"
#include "load/histogram.h"
#include "load/ledger.h"
#include "load/login_storm.h"
#include "load/report.h"
#include "load/room_joiner.h"
#include "load/runs.h"
#include "load/tag.h"

namespace securechat::bench {
namespace {

constexpr std::int64_t kDrainMs = 20'000;

// A lane is a stream of messages with so many in flight. In the room that everyone is in each lane
// has a sender of its own; with rooms the lanes go round them, and a room's first member sends.
class Fanout final : private ClientEvents {
 public:
  explicit Fanout(const Options& options)
      : options_(options),
        fleet_(options, *this),
        ledger_({options.connections, options.room_count(), options.publishers}),
        rooms_(options, fleet_),
        storm_(options, fleet_.loop()) {}

  std::string run() {
    fleet_.open(options_.connections);
    fleet_.run_for(options_.settle_ms);
    rooms_.join_all(
        [this](std::size_t client, std::size_t room) { ledger_.add_member(client, room); });
    storm_.start();
    start();
    serve(options_.warmup_ms);
    measure();
    publishing_ = false;
    const bool settled = fleet_.run_until(now_ns() + kDrainMs * kNsPerMs,
                                          [this] { return ledger_.settled() && acks_due_ == 0; });
    return report(settled);
  }

 private:
  struct Lane {
    std::size_t room = 0;  // Where the next message goes.
  };

  [[nodiscard]] std::size_t sender(std::size_t lane, std::size_t room) const {
    if (options_.rooms > 0) return rooms_.member(room, 0);
    const std::size_t step = options_.connections / options_.publishers;
    return lane * step + step / 2;
  }

  void start() {
    publishing_ = true;
    next_due_ns_ = now_ns();
    if (options_.rate > 0) return;
    for (std::size_t lane = 0; lane < lanes_.size(); ++lane) {
      for (std::size_t i = 0; i < options_.in_flight; ++i) publish(lane, now_ns());
    }
  }

  // At a rate, a message counts from when it was due: a server that stalls is not spared what it
  // kept from being sent.
  void serve(std::int64_t ms) {
    const std::int64_t end = now_ns() + ms * kNsPerMs;
    fleet_.run_until(end, [this] {
      while (options_.rate > 0 && next_due_ns_ <= now_ns()) {
        publish(next_lane_++ % lanes_.size(), next_due_ns_);
        next_due_ns_ += static_cast<std::int64_t>(1e9 / options_.rate);
      }
      return false;
    });
  }

  void measure() {
    measuring_ = true;
    const double cpu = fleet_.server_cpu();
    const std::int64_t begin = now_ns();
    serve(options_.measure_ms);
    measuring_ = false;
    seconds_ = static_cast<double>(now_ns() - begin) / 1e9;
    cpu_ = fleet_.server_cpu() - cpu;
  }

  void publish(std::size_t lane_index, std::int64_t sent_ns) {
    Lane& lane = lanes_[lane_index];
    const std::size_t room = lane.room;
    lane.room = (room + 1) % options_.room_count();
    Client& client = fleet_.client(sender(lane_index, room));
    Tag tag;
    tag.lane = static_cast<std::uint32_t>(lane_index);
    tag.room = static_cast<std::uint32_t>(room);
    tag.number = ledger_.send(lane_index, room);
    tag.sent_ns = sent_ns;
    std::string args = R"({"message":")";
    append_text(args, tag, options_.text_bytes);
    args.append("\"");
    if (options_.rooms > 0) args.append(R"(,"room":")").append(RoomJoiner::name(room)).append("\"");
    args.append("}");
    OutgoingEvent event{"send-message", args};
    if (options_.ack) {
      event.ref = static_cast<std::uint32_t>(++refs_ * lanes_.size() + lane_index);
      ++acks_due_;
    }
    client.send(event);
    ++sent_;
  }

  void returned(std::size_t lane) {
    if (publishing_ && options_.rate <= 0) publish(lane, now_ns());
  }

  void on_joined(Client& /*client*/) override {}
  void on_ended(Client& /*client*/, std::string_view /*why*/) override {}

  void on_message(Client& client, std::string_view payload, std::int64_t received_ns) override {
    const std::optional<Tag> tag = find_tag(payload, tag_hint_);
    if (!tag) {
      ++unreadable_;
      return;
    }
    ledger_.deliver(client.index(), *tag);
    if (measuring_) {
      ++measured_;
      latency_.record(received_ns - tag->sent_ns);
    }
    const bool own = tag->lane < lanes_.size() && tag->room < options_.room_count() &&
                     client.index() == sender(tag->lane, tag->room);
    if (own && !options_.ack) returned(tag->lane);
  }

  void on_ack(Client& client, std::uint32_t ref, bool ok, std::int64_t /*received_ns*/) override {
    if (rooms_.on_ack(client, ok)) return;
    if (!ok) throw std::runtime_error("a message was refused");
    --acks_due_;
    if (measuring_) ++acked_;
    returned(ref % lanes_.size());
  }

  std::string report(bool settled) {
    Faults faults = ledger_.finish();
    faults.foreign += unreadable_;
    const double deliveries = static_cast<double>(measured_);
    Report report;
    report.text("run", "fanout").count("connections", options_.connections);
    report.count("publishers", options_.publishers).count("in_flight", options_.in_flight);
    report.count("rooms", options_.room_count()).count("sent", sent_);
    report.count("delivered", ledger_.delivered()).count("measured", measured_);
    report.count("acked", acked_).real("seconds", seconds_).real("server_cpu", cpu_);
    report.real("per_cpu_second", cpu_ > 0 ? deliveries / cpu_ : 0);
    report.real("per_second", deliveries / seconds_);
    report.real("server_load", cpu_ / seconds_).latency("latency_us", latency_);
    report.count("logins", storm_.answered()).count("logins_busy", storm_.busy());
    report.count("settled", settled ? 1 : 0).faults(faults);
    return report.line();
  }

  const Options& options_;
  Fleet fleet_;
  Ledger ledger_;
  RoomJoiner rooms_;
  LoginStorm storm_;
  std::vector<Lane> lanes_ = std::vector<Lane>(options_.publishers);
  Histogram latency_;
  std::size_t tag_hint_ = 0;
  std::size_t next_lane_ = 0;
  std::int64_t next_due_ns_ = 0;
  std::size_t refs_ = 0;
  std::uint64_t acks_due_ = 0;
  std::uint64_t acked_ = 0;
  std::uint64_t sent_ = 0;
  std::uint64_t measured_ = 0;
  std::uint64_t unreadable_ = 0;
  double seconds_ = 0;
  double cpu_ = 0;
  bool publishing_ = false;
  bool measuring_ = false;
};

}  // namespace

std::string run_fanout(const Options& options) {
  return Fanout(options).run();
}

}  // namespace securechat::bench
