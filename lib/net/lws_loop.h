#pragma once

#include <libwebsockets.h>
#include <uv.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/flat_table.h"
#include "net/gathering.h"
#include "net/listener.h"
#include "net/loop.h"
#include "net/lws_context.h"
#include "net/peer.h"
#include "net/read_ahead.h"
#include "net/watcher.h"

namespace securechat::net {

// The event loop. A turn waits once, lets libwebsockets handle what came, then runs our own
// descriptors, the wakeup, the due timers, and at its end writes what was queued.
class LwsLoop final : public Loop {
 public:
  LwsLoop(LoopOptions options, TransportHandler& handler, Task on_wake, const Clock& clock,
          Logger& log);
  ~LwsLoop() override;
  LwsLoop(const LwsLoop&) = delete;
  LwsLoop& operator=(const LwsLoop&) = delete;
  Status open();

  void tell_all() override;
  void abandon() override;
  Result<std::uint16_t> listen(const std::string& host, std::uint16_t port) override;
  void stop_listening() override { listeners_.clear(); }
  void run_turn(std::int64_t timeout_ms) override;
  void wake() override;
  void answer(ExchangeId id, HttpResponse response) override;
  TimerQueue& timers() override { return timers_; }
  void set_limits(const LoopLimits& limits) override { options_.limits = limits; }
  void set_tls_identity(std::shared_ptr<const TlsIdentity> identity) override;
  [[nodiscard]] std::size_t connections() const override { return peers_.size(); }
  void close_idle() override;
  [[nodiscard]] bool uses_libuv() const override { return uv_ != nullptr; }

  // Events of libwebsockets that concern no peer's content.
  int on_wsi_created(lws* wsi);
  int on_wsi_destroyed(Peer& peer);
  int on_watcher_ready();
  int on_tls_context(ssl_ctx_st* tls) { return context_->take_tls(tls) ? 0 : -1; }
  int add_common_headers(lws* wsi, lws_process_html_args& args) const;

  // For peers.
  [[nodiscard]] const LoopOptions& options() const { return options_; }
  [[nodiscard]] const LoopLimits& limits() const { return options_.limits; }
  [[nodiscard]] TransportHandler& handler() { return handler_; }
  [[nodiscard]] Watcher& watcher() { return *watcher_; }
  [[nodiscard]] std::int64_t now_ms() const { return clock_.monotonic_ms(); }
  [[nodiscard]] Gathering& gathering() { return gathering_; }
  [[nodiscard]] LoopCounters& counters() { return *counters_; }
  // How many bytes wait for a socket that does not take them; 0: none any more.
  void set_waiting(const LwsSocket& socket, std::size_t bytes);
  void add_dirty(Peer& peer) { dirty_.push_back(&peer); }
  [[nodiscard]] ReadAhead& read_ahead() { return read_ahead_; }
  ExchangeId new_exchange(Peer& peer);
  void forget_exchange(ExchangeId id) { exchanges_.erase(id); }
  HttpResponse fault(const RequestHead& head, int status);
  // Closes the wsi in the next service of libwebsockets.
  void kill(lws* wsi);

 private:
  // libuv's loop and the two handles of ours on it.
  struct UvLoop {
    uv_loop_t loop;
    uv_timer_t timer;
    uv_prepare_t prepare;
  };

  // Peers by where they are in memory.
  struct ByAddress {
    static const Peer* key(const std::unique_ptr<Peer>& peer) { return peer.get(); }
    static std::uint64_t hash(const Peer* peer) { return reinterpret_cast<std::uintptr_t>(peer); }
  };

  Status open_on_libuv();
  Status open_on_poll();
  Status watch();
  void accepted(int descriptor, const IpAddress& address);
  Peer* add_peer(const IpAddress& address);
  void remove_peer(Peer& peer);
  void turn_on_libuv();
  void turn_on_poll();
  // How long the turn may wait; -1 without limit.
  [[nodiscard]] std::int64_t wait_ms() const;
  void before_wait();
  void flush();
  void close_context();
  void close_uv();

  LoopOptions options_;
  LoopCounters own_counters_;
  LoopCounters* counters_;
  TransportHandler& handler_;
  Task on_wake_;
  const Clock& clock_;
  Logger& log_;
  TimerQueue timers_;
  std::unique_ptr<UvLoop> uv_;  // Null on the poll loop.
  std::unique_ptr<LwsContext> context_;
  std::optional<Watcher> watcher_;
  std::vector<std::unique_ptr<Listener>> listeners_;
  FlatTable<std::unique_ptr<Peer>, ByAddress> peers_;
  std::unordered_map<ExchangeId, Peer*> exchanges_;
  std::vector<Peer*> dirty_;
  std::vector<Peer*> flushing_;
  // Only of sockets that are behind: others pay nothing to be counted.
  std::unordered_map<const LwsSocket*, std::size_t> waiting_bytes_;
  ReadAhead read_ahead_;
  Gathering gathering_{LWS_PRE};
  lws_sorted_usec_list_t poll_timer_ = {};
  lws* adopted_ = nullptr;  // The wsi that was made last.
  ExchangeId last_exchange_ = 0;
  std::int64_t turn_timeout_ms_ = 0;
  std::atomic<bool> wake_asked_ = false;
  bool watcher_ready_ = false;
  bool closing_ = false;
};

}  // namespace securechat::net
