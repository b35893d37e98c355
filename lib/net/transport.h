#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "net/frame.h"
#include "net/request.h"

// The interfaces between the network and what is built on it. Everything here runs on the thread
// of its loop.
namespace securechat::net {

// Why a socket ended, for logs and for Socket.IO's disconnect reasons.
enum class CloseCause : std::uint8_t {
  kPeerClosed,      // A close frame or the end of the TCP stream.
  kTransportError,  // Reset, TLS fault.
  kLocal,           // close() or abort() was called.
  kProtocolError,   // Broken frames, bad UTF-8, too many fragments.
  kTooBig,          // Over the payload limit.
  kSlowConsumer,    // The outbox or the write deadline was exceeded.
  kPingTimeout,
};

// One WebSocket, from the end of its handshake until on_close.
class Socket {
 public:
  // Queues a frame; what was queued in one turn of the loop leaves in one write at its end. Over
  // the outbox limit the slow-consumer policy decides. Ignored once closing.
  virtual void send(FrameRef frame) = 0;
  // Sends what is queued, then a close frame, then ends, within a second. Nothing is received any
  // more. Ignored when closing already.
  virtual void close(std::uint16_t code, std::string_view reason) = 0;
  // The largest message the peer may send from now on, decided on the declared length.
  virtual void set_payload_limit(std::size_t bytes) = 0;
  [[nodiscard]] virtual std::size_t queued_bytes() const = 0;
  // True once close() was called or the socket broke.
  [[nodiscard]] virtual bool closing() const = 0;

 protected:
  ~Socket() = default;
};

// What lives on a socket. Owned by the network layer; destroyed after on_close, or without
// on_open when the handshake does not complete.
class SocketHandler {
 public:
  virtual ~SocketHandler() = default;
  virtual void on_open(Socket& socket) = 0;
  // A whole message within the payload limit; text is valid UTF-8. The payload is borrowed.
  virtual void on_message(bool text, std::string_view payload) = 0;
  virtual void on_pong() {}
  // Exactly once after on_open. The socket must not be used any more.
  virtual void on_close(CloseCause cause) = 0;
};

// Names one HTTP request that waits for its answer; never reused.
using ExchangeId = std::uint64_t;

// An upgrade request gets a handler for its socket, or an HTTP answer. The subprotocol that the
// peer offers is echoed when it is LoopOptions::subprotocol.
struct UpgradeAccepted {
  std::unique_ptr<SocketHandler> handler;
  std::size_t payload_limit = 16'384;
};
using UpgradeDecision = std::variant<UpgradeAccepted, HttpResponse>;

// The server side of a loop.
class TransportHandler {
 public:
  virtual ~TransportHandler() = default;
  virtual UpgradeDecision on_upgrade(const RequestHead& head) = 0;
  // A request whose body of `length` bytes is about to be read: nothing, or the answer that refuses
  // it unread, after which the connection ends. An accepted one comes again with on_request, or
  // with on_gone when its peer leaves before the body is whole.
  virtual std::optional<HttpResponse> on_body(ExchangeId id, const RequestHead& head,
                                              std::size_t length) = 0;
  // A whole request. Answered now or later by Loop::answer with the same id, unless on_gone says
  // that the peer left.
  virtual void on_request(ExchangeId id, RequestHead head, std::string body) = 0;
  virtual void on_gone(ExchangeId id) = 0;
  // Everything of a turn has been handled; what was queued in it is written next.
  virtual void on_turn_end() {}
  // The answer to a request that the guard refuses (400, 405, 413, 414, 426, 431, 501, ...).
  virtual HttpResponse on_fault(const RequestHead& head, int status) = 0;
};

}  // namespace securechat::net
