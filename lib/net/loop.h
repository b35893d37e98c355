#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/ip_address.h"
#include "base/log.h"
#include "base/status.h"
#include "base/task.h"
#include "base/timer_queue.h"
#include "net/connection_count.h"
#include "net/loop_counters.h"
#include "net/transport.h"

namespace securechat::net {

enum class SlowConsumerPolicy { kClose, kDropNew };

class TlsIdentity;

// A TLS handshake that failed.
struct TlsFault {
  const IpAddress& peer;
  std::string_view reason;  // OpenSSL's word.
  // Whether it is held against the address. It is not where we had computed nothing (plain HTTP, an
  // old version), nor where the peer gave up: it does not trust our certificate, perhaps, and
  // whoever means ill completes the handshake at the same cost.
  bool counts;
};
using TlsFaultHandler = std::function<void(const TlsFault& fault)>;

struct TlsOptions {
  std::string cert_path;  // PEM chain; empty: plain HTTP.
  std::string key_path;
  std::string client_ca_path;
  // The files as they were loaded; null: the loop loads them when it is created.
  std::shared_ptr<const TlsIdentity> identity;
  [[nodiscard]] bool enabled() const { return !cert_path.empty(); }
};

// The part of the configuration that may change while the loop runs.
struct LoopLimits {
  std::int64_t head_timeout_ms = 10'000;     // From accept to the end of the first request's head.
  std::int64_t body_timeout_ms = 10'000;     // For a body, after its head.
  std::int64_t idle_timeout_ms = 10'000;     // Between requests of a kept connection.
  std::int64_t message_timeout_ms = 10'000;  // For a WebSocket message, after its first bytes.
  std::int64_t write_deadline_ms = 10'000;   // Without progress on a non-empty outbox.
  std::size_t send_queue = 1'048'576;        // Bytes per socket.
  SlowConsumerPolicy slow_consumer = SlowConsumerPolicy::kClose;
  std::size_t max_connections = 0;  // 0: what the descriptor limit allows.
  // Of them one address has at most half, but for loopback and these, which stand for many users.
  std::vector<Cidr> shared_addresses;
  std::size_t max_fragments = 256;  // Per message.
};

struct LoopOptions {
  TlsOptions tls;
  LoopLimits limits;
  std::string subprotocol = "securechat.v1";  // Echoed when offered.
  // On every answer of every kind: requests, faults, upgrades and what libwebsockets says itself.
  std::vector<std::pair<std::string, std::string>> common_headers;
  // Offers of permessage-deflate (RFC 7692) are accepted. Off, because the length of what is
  // compressed together tells of its content, because each socket then holds 300 KiB, and because
  // messages are compressed on the loop.
  bool deflate = false;
  // Several loops may listen on the same address; the kernel spreads the connections.
  bool reuse_port = false;
  // The tables of libwebsockets hold this many descriptors; 0: as many as the process may open.
  // Under the soft RLIMIT_NOFILE it saves 16 bytes for each, but libwebsockets then looks every
  // descriptor up by a linear search.
  std::size_t max_descriptors = 0;
  // libwebsockets logs to stderr unless its level, which is of the whole process, says otherwise.
  // When the level is the one it starts with, it is set to nothing; a level that the host chose is
  // never touched. False leaves it alone altogether.
  bool quiet_lws = true;
  // Counts the connections of several loops together, against the limit they share; null: this one
  // counts for itself.
  std::shared_ptr<ConnectionCount> connection_count;
  // Whether a TCP connection from there may stay; asked when it has been accepted, before anything
  // is spent on it, but not of limits.shared_addresses: others are behind them. Empty: yes. It must
  // not throw.
  std::function<bool(const IpAddress& peer)> admits;
  // Where the loop counts; outlives it. Null: nobody asks.
  LoopCounters* counters = nullptr;
  // Hears of TLS handshakes that fail, on the loop's thread. It must not throw.
  TlsFaultHandler on_tls_fault;
  // For tests: the poll loop of libwebsockets although libuv's would be there.
  bool force_poll = false;
};

// Of libwebsockets, such as "4.1.6".
[[nodiscard]] std::string loop_version();

// One libwebsockets context on one event loop: a private libuv loop given to it as a foreign loop,
// or its own poll loop where the libuv plugin is not installed. Everything but wake() belongs to
// the thread that calls run_turn(); creating may happen on another thread before that.
class Loop {
 public:
  // `handler`, `clock` and `log` must outlive the loop. `on_wake` runs on the loop's thread after
  // wake().
  static Result<std::unique_ptr<Loop>> create(const LoopOptions& options, TransportHandler& handler,
                                              Task on_wake, const Clock& clock, Logger& log);
  // Closes what is still open; the handlers of open sockets hear on_close first.
  virtual ~Loop() = default;

  // Tells every open connection's handler that it has ended, as the destructor does: for whoever
  // runs on while callbacks of the host are called, which a destructor must not.
  virtual void tell_all() = 0;
  // What is left to do after a forced unwind (pthread_exit in a callback) has cut run_turn() short:
  // libwebsockets and libuv were left in the middle of a call and can neither be used nor closed.
  // Closes the descriptors without them; afterwards the loop must be leaked.
  virtual void abandon() = 0;

  // Binds and listens; port 0 picks a free one, and the port is answered. kNetwork names the
  // address and the reason.
  virtual Result<std::uint16_t> listen(const std::string& host, std::uint16_t port) = 0;
  // Stops accepting; open connections stay.
  virtual void stop_listening() = 0;

  // Waits for events until the next timer, `timeout_ms` (-1: without limit) or wake(), handles
  // them, runs due timers, then writes what was queued: one write per socket.
  virtual void run_turn(std::int64_t timeout_ms) = 0;
  // Any thread; many calls before the loop runs cost one wakeup.
  virtual void wake() = 0;

  virtual void answer(ExchangeId id, HttpResponse response) = 0;
  virtual TimerQueue& timers() = 0;
  virtual void set_limits(const LoopLimits& limits) = 0;
  // What connections that begin from now on see under TLS; others stay as they are. Without TLS,
  // and with null, nothing.
  virtual void set_tls_identity(std::shared_ptr<const TlsIdentity> identity) = 0;
  // Open TCP connections of this loop, in any state.
  [[nodiscard]] virtual std::size_t connections() const = 0;
  // Closes connections that are not sockets and wait for nothing: kept-alive HTTP. During a drain.
  virtual void close_idle() = 0;
  [[nodiscard]] virtual bool uses_libuv() const = 0;
};

}  // namespace securechat::net
