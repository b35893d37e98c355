#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/clock.h"
#include "base/packed_texts.h"
#include "base/shared_value.h"
#include "base/timer_queue.h"
#include "connection/engine_directory.h"
#include "connection/engine_socket.h"
#include "connection/polling.h"
#include "net/frame.h"
#include "net/transport.h"
#include "protocol/engine_io.h"

namespace securechat::connection {

struct EngineOptions {
  std::int64_t ping_interval_ms = 25'000;
  std::int64_t ping_timeout_ms = 20'000;
  std::int64_t upgrade_timeout_ms = 10'000;  // From the probe's handshake to the upgrade.
  std::size_t max_payload = 1'000'000;       // What is announced to the peer.
  std::size_t payload_limit = 16'384;        // What a peer may send until set_payload_limit().
  std::size_t send_queue = 1'048'576;        // Bytes that may wait for a poll.
  bool drop_over_queue = false;              // Else a peer that falls behind is let go.
  bool upgrades = true;                      // Whether polling may change to WebSocket.
};

class EngineSession;

// What an Engine.IO session carries. Owned by the session.
class EngineClient {
 public:
  virtual ~EngineClient() = default;
  virtual void on_open(EngineSession& session) = 0;
  // A message within the payload limit, without its type byte; text is valid UTF-8. Borrowed.
  virtual void on_message(bool text, std::string_view payload) = 0;
  // The WebSocket that frames may be sent to without asking the session; null when there is none.
  virtual void on_socket(net::Socket* socket) = 0;
  // Exactly once after on_open.
  virtual void on_close(net::CloseCause cause) = 0;
};

// An Engine.IO v4 session (https://socket.io/docs/v4/engine-io-protocol/): one connection whose
// transport is HTTP long-polling, WebSocket, or first the one and then the other. A fault of the
// protocol closes without a code, as the reference does. Lives on its shard's thread; owned by
// EngineSessions.
class EngineSession {
 public:
  // What a session needs of its owner.
  class Owner {
   public:
    virtual void answer(net::ExchangeId id, net::HttpResponse response) = 0;
    // Whatever becomes of this request, it is not for the session any more.
    virtual void forget(net::ExchangeId id) = 0;
    // The session has ended. It is destroyed soon, but not inside this call.
    virtual void retire(EngineSession& session) = 0;
    virtual void admitted(EngineSession& session, bool joined) = 0;
    [[nodiscard]] virtual TimerQueue& timers() = 0;
    [[nodiscard]] virtual const Clock& clock() const = 0;

   protected:
    ~Owner() = default;
  };

  // `sid` is random and differs from every Socket.IO sid.
  EngineSession(std::string_view sid, const EnginePeer& peer,
                const SharedValue<EngineOptions>& options, std::unique_ptr<EngineClient> client,
                Owner& owner);
  ~EngineSession();
  EngineSession(const EngineSession&) = delete;
  EngineSession& operator=(const EngineSession&) = delete;

  [[nodiscard]] std::string_view sid() const { return texts_.at(0); }
  [[nodiscard]] EnginePeer peer() const;
  [[nodiscard]] std::string_view address() const { return texts_.at(1); }
  // Whether its owner counts it among those who have not joined; answers what was before.
  bool set_stranger(bool stranger) { return std::exchange(stranger_, stranger); }
  [[nodiscard]] bool uses_websocket() const { return transport_ != nullptr; }
  // Whether a WebSocket may take over.
  [[nodiscard]] bool may_upgrade() const { return !closing_ && !transport_ && !probe_; }
  [[nodiscard]] bool closing() const;
  [[nodiscard]] std::size_t payload_limit() const { return payload_limit_; }

  // A text frame is a packet with its type byte, a binary frame a binary message.
  void send(net::FrameRef frame);
  // Sends what is queued, then closes; `code` is what a WebSocket closes with.
  void close(std::uint16_t code, std::string_view reason);
  // The peer has joined a namespace, or is a stranger again.
  void admit(bool joined, std::size_t payload_limit);

  // Long-polling. The handshake's answer is the open packet; a poll is answered when there is
  // something to say; a POST begins with its head and ends with its body.
  void open_polling(net::ExchangeId id);
  void poll(net::ExchangeId id);
  [[nodiscard]] std::optional<net::HttpResponse> begin_post(net::ExchangeId id);
  void post(net::ExchangeId id, std::string_view content_type, std::string_view body);
  // The peer left before its request was answered.
  void gone(net::ExchangeId id);
  // Ends at once; whoever still waits for an answer gets one.
  void end(net::CloseCause cause);

  // The WebSocket that the session begins with, or the one that it may change to.
  [[nodiscard]] std::unique_ptr<net::SocketHandler> open_websocket();
  [[nodiscard]] std::unique_ptr<net::SocketHandler> open_probe();

  // For EngineSocket.
  void on_socket_open(EngineSocket& socket);
  void on_socket_message(EngineSocket& socket, bool text, std::string_view payload);
  void on_socket_close(EngineSocket& socket, net::CloseCause cause);

 private:
  void start_timer(Timer& timer, std::int64_t delay_ms);
  [[nodiscard]] std::string open_packet() const;
  void begin();
  void on_packet(std::string_view text);
  void on_binary(std::string_view data);
  void on_pong();
  void on_heartbeat();
  void on_probe_message(std::string_view packet);
  void complete_upgrade();
  void drop_probe();
  void flush_polling();
  void release_poll(std::string_view packet);
  void forget_post();
  void fault();
  void finish_later(net::CloseCause cause);

  const PackedTexts texts_;  // The sid, then what is known of the peer, in the order of its fields.
  const SharedValue<EngineOptions> options_;
  std::unique_ptr<EngineClient> client_;
  Owner& owner_;
  std::size_t payload_limit_;
  EngineSocket* transport_ = nullptr;  // The WebSocket that is the transport.
  EngineSocket* probe_ = nullptr;      // The WebSocket that may become it.
  std::unique_ptr<Polling> polling_;   // Null when a WebSocket is the transport.
  std::unique_ptr<Timer> upgrade_timer_;
  std::unique_ptr<Timer> flush_timer_;  // Answers the poll at the end of the turn.
  Timer heartbeat_;
  net::CloseCause cause_ = net::CloseCause::kLocal;
  bool probed_ = false;
  bool pong_due_ = false;
  bool opened_ = false;
  bool closing_ = false;
  bool ended_ = false;
  bool stranger_ = false;
};

}  // namespace securechat::connection
