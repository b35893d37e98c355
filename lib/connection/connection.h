#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/shared_value.h"
#include "base/timer_queue.h"
#include "net/frame.h"
#include "net/transport.h"
#include "protocol/close_codes.h"
#include "protocol/packet.h"

namespace securechat::connection {

// Which protocol a connection speaks. Indexes the frames of a Broadcast.
enum class Wire : std::uint8_t { kSocketIo, kPlain };
inline constexpr std::size_t kWireCount = 2;

struct ConnectionOptions {
  std::int64_t ping_interval_ms = 25'000;
  std::int64_t ping_timeout_ms = 20'000;
  std::int64_t auth_timeout_ms = 10'000;         // From TCP accept to a joined namespace.
  std::size_t payload_limit = 1'000'000;         // Bytes of a message once joined.
  std::size_t payload_unauthenticated = 16'384;  // And before.
  bool error_data = true;                        // Whether connect errors carry data.
};

// What the connections that were made since the options last changed have in common.
struct ConnectionContext {
  ConnectionOptions options;
  TimerQueue& timers;  // Of the shard; both outlive the connections.
  const Clock& clock;
};

class Connection;

// What lives on a connection: the sessions of its peer. Owned by the connection.
class ConnectionHandler {
 public:
  virtual ~ConnectionHandler() = default;
  virtual void on_open(Connection& connection) = 0;
  virtual void on_packet(protocol::Packet packet) = 0;
  // The connection ends because of what the peer did: a broken protocol, too much, too slow. Before
  // its end; not for every end.
  virtual void on_fault(net::CloseCause /*cause*/) {}
  // Exactly once after on_open; `reason` is Socket.IO's name ("transport close", "ping timeout").
  virtual void on_close(std::string_view reason) = 0;
};

// Why a peer is not let in. `close` is what the plain protocol closes with; Socket.IO answers with
// a CONNECT_ERROR packet and leaves the connection to try another namespace.
struct Refusal {
  std::string_view message;
  std::string_view code;
  protocol::CloseCode close = protocol::CloseCode::kForbidden;
};

// One peer: a Socket.IO client on an Engine.IO session, or a plain WebSocket. It translates packets
// to frames and keeps the deadline for joining. Lives on its shard's thread.
class Connection {
 public:
  Connection(Wire wire, const SharedValue<ConnectionContext>& context, std::int64_t accepted_at_ms,
             std::unique_ptr<ConnectionHandler> handler);
  virtual ~Connection() = default;
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  [[nodiscard]] Wire wire() const { return wire_; }
  // A broadcast walks over many connections: these bring into the cache what send() will touch, the
  // second once the first has had its time.
  void prefetch() const { __builtin_prefetch(this); }
  void prefetch_socket() const { __builtin_prefetch(socket_); }
  [[nodiscard]] virtual bool closing() const = 0;

  // A namespace was joined: the deadline is over and the payload limit rises.
  void joined();
  // The last session has left: the peer is a stranger again, with a stranger's deadline and limit.
  void abandoned();
  void send(net::FrameRef frame) {
    if (socket_ != nullptr) {
      socket_->send(std::move(frame));
    } else {
      send_without_socket(std::move(frame));
    }
  }
  // Sends what is queued, then closes.
  void close(protocol::CloseCode code, std::string_view reason) {
    end(static_cast<std::uint16_t>(code), reason);
  }
  void close_without_code() { end(net::kNoStatusCode, {}); }

  // `user` is for plain peers, `pid` (empty: none) for Socket.IO's connection state recovery.
  virtual void send_welcome(std::string_view nsp, std::string_view sid, std::string_view pid,
                            std::string_view user) = 0;
  virtual void send_refusal(std::string_view nsp, const Refusal& refusal) = 0;
  // An event with attachments does not reach a plain peer, whose protocol carries text only.
  virtual void send_event(const protocol::OutgoingEvent& event) = 0;
  // The `error` event of the contract.
  virtual void send_error(std::string_view nsp, std::string_view message,
                          std::string_view code) = 0;
  // `ack` is the packet's own id, `args` a JSON array. A plain peer gets the placeholders alone.
  virtual void send_ack(std::string_view nsp, std::string_view ack, std::string_view args,
                        protocol::Attachments attachments) = 0;
  // The server ends the session in `nsp`; `close` is what the plain protocol closes with.
  virtual void send_disconnect(std::string_view nsp, const Refusal& why) = 0;

 protected:
  [[nodiscard]] ConnectionHandler& handler() { return *handler_; }
  [[nodiscard]] const ConnectionOptions& options() const { return context_->options; }
  // The way out from now on; null while there is no WebSocket.
  void use_socket(net::Socket* socket) { socket_ = socket; }
  [[nodiscard]] net::Socket* socket() const { return socket_; }
  void send_text(std::string_view payload);
  void start_timer(Timer& timer, std::int64_t delay_ms);
  // The peer can be heard and spoken to: the deadline runs, the handler learns of it.
  void opened();
  // It can not any more; once after opened().
  void closed(net::CloseCause cause);

  virtual void end(std::uint16_t code, std::string_view reason) = 0;
  // The peer may send more once it has joined a namespace.
  virtual void set_joined(bool joined) = 0;
  [[nodiscard]] std::size_t payload_limit(bool joined) const {
    return joined ? options().payload_limit : options().payload_unauthenticated;
  }
  virtual void send_without_socket(net::FrameRef /*frame*/) {}
  // The deadline for joining passed.
  virtual void refuse_late() = 0;

 private:
  void start_deadline(std::int64_t at_ms);

  // What every broadcast touches comes first.
  const Wire wire_;
  net::Socket* socket_ = nullptr;
  const SharedValue<ConnectionContext> context_;
  const std::int64_t accepted_at_ms_;
  std::unique_ptr<ConnectionHandler> handler_;
  std::unique_ptr<Timer> deadline_;  // Only while it runs.
};

}  // namespace securechat::connection
