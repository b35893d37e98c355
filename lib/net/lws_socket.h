#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "net/incoming_message.h"
#include "net/outbox.h"
#include "net/transport.h"

struct lws;

namespace securechat::net {

class LwsLoop;
class Peer;
class PermessageDeflate;

// A WebSocket over libwebsockets, which parses frames, answers pings and closes for faults that it
// finds. Messages are ours, and so is writing: frames wait in the outbox until the end of the turn
// and leave with one write.
class LwsSocket final : public Socket {
 public:
  // `deflate` is null when the handshake did not agree on it.
  LwsSocket(Peer& peer, UpgradeAccepted accepted, std::unique_ptr<PermessageDeflate> deflate);
  ~LwsSocket();
  LwsSocket(const LwsSocket&) = delete;
  LwsSocket& operator=(const LwsSocket&) = delete;

  void send(FrameRef frame) override;
  void close(std::uint16_t code, std::string_view reason) override;
  void set_payload_limit(std::size_t bytes) override { payload_limit_ = bytes; }
  [[nodiscard]] std::size_t queued_bytes() const override { return outbox_.waiting(); }
  [[nodiscard]] bool closing() const override { return closing_; }

  // What happens on the wire, told by the peer.
  void open();
  void receive(std::string_view chunk);
  void pong();
  // The peer's close frame. Answered here: false, so that libwebsockets does not do it too.
  bool receive_close(std::string_view payload);
  // libwebsockets begins to close, for whatever reason.
  void on_lws_closing();
  // Ends the story: on_close, once.
  void closed();
  void set_cause(CloseCause cause);

  [[nodiscard]] bool opened() const { return opened_; }
  [[nodiscard]] const PermessageDeflate* deflate() const { return deflate_.get(); }
  // The end of a turn: writes what the connection takes. Never calls the handler.
  void flush();
  // The deadline that was asked of the peer has come.
  void on_deadline();

 private:
  enum class Written { kAll, kBlocked, kBroken };
  // Who sends the close frame of a connection that has failed (RFC 6455 section 7.1.7). A FIN
  // follows it at once: what the peer still says is not waited for.
  enum class FailedBy : std::uint8_t { kNobody, kUs, kLws };

  // False when the piece ended the connection.
  bool inflate(FramePiece& piece);
  void receive(const FramePiece& piece);
  void end(CloseCause cause, std::uint16_t code, std::string_view reason);
  void queue_close_frame(std::uint16_t code, std::string_view reason);
  void end_saying();
  void write_queued();
  Written write_all();
  Written write_plain(std::string_view bytes, std::size_t frames);
  Written write_tls(std::string_view bytes, std::size_t frames);
  bool hand_over(std::string_view rest_of_frame);
  void mark_dirty();
  void hand_over_all();
  void watch_progress();
  void check_progress();
  void update_deadline();

  // What every frame that is sent touches comes first.
  bool closing_ = false;
  bool dirty_ = false;  // flush() will be called.
  bool opened_ = false;
  bool told_ = false;  // on_close was called.
  bool close_written_ = false;
  bool pong_first_ = false;  // The next flush waits for the pong that may be due.
  FailedBy failed_by_ = FailedBy::kNobody;
  CloseCause cause_ = CloseCause::kPeerClosed;
  LwsLoop& loop_;
  Outbox outbox_;
  std::unique_ptr<PermessageDeflate> deflate_;
  Peer& peer_;
  std::unique_ptr<SocketHandler> handler_;
  IncomingMessage incoming_;
  std::size_t payload_limit_;
  std::uint64_t acknowledged_ = 0;  // By the peer, when the write deadline was set.
  std::int64_t write_due_ms_ = 0;   // When the peer has to have acknowledged something; 0: nothing.
};

}  // namespace securechat::net
