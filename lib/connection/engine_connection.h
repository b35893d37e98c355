#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/timer_queue.h"
#include "connection/connection.h"

namespace securechat::connection {

// An Engine.IO v4 session over WebSocket that carries Socket.IO v5 packets
// (https://socket.io/docs/v4/engine-io-protocol/). A fault of the protocol closes without a code,
// as the reference does.
class EngineConnection final : public Connection {
 public:
  // `engine_sid` is random and differs from every Socket.IO sid (SECURITY R35).
  EngineConnection(std::string engine_sid, const ConnectionOptions& options,
                   std::int64_t accepted_at_ms, std::unique_ptr<ConnectionHandler> handler,
                   TimerQueue& timers, const Clock& clock);

  void send_welcome(std::string_view nsp, std::string_view sid, std::string_view user) override;
  void send_refusal(std::string_view nsp, const Refusal& refusal) override;
  void send_event(const protocol::OutgoingEvent& event) override;
  void send_error(std::string_view nsp, std::string_view message, std::string_view code) override;
  void send_ack(std::string_view nsp, std::string_view ack, std::string_view args,
                protocol::Attachments attachments) override;
  void send_disconnect(std::string_view nsp, const Refusal& why) override;

  void on_message(bool text, std::string_view payload) override;

 private:
  void open() override;
  void refuse_late() override;
  void on_pong_packet();
  void on_heartbeat();
  void send_packet(std::string_view socket_io_packet);

  const std::string engine_sid_;
  bool pong_due_ = false;
  Timer heartbeat_;
};

}  // namespace securechat::connection
