#pragma once

#include <memory>
#include <string_view>

#include "base/timer_queue.h"
#include "connection/connection.h"

namespace securechat::connection {

// A bare WebSocket that speaks securechat.v1 (docs/protocol.md). Its heartbeat is WebSocket's own
// ping. Refusals are an error frame followed by a close code. Owned by the network layer.
class PlainConnection final : public Connection, public net::SocketHandler {
 public:
  PlainConnection(const SharedValue<ConnectionContext>& context, std::int64_t accepted_at_ms,
                  std::unique_ptr<ConnectionHandler> handler);

  [[nodiscard]] bool closing() const override { return socket() == nullptr || socket()->closing(); }
  void send_welcome(std::string_view nsp, std::string_view sid, std::string_view pid,
                    std::string_view user) override;
  void send_refusal(std::string_view nsp, const Refusal& refusal) override;
  void send_event(const protocol::OutgoingEvent& event) override;
  void send_error(std::string_view nsp, std::string_view message, std::string_view code) override;
  void send_ack(std::string_view nsp, std::string_view ack, std::string_view args,
                protocol::Attachments attachments) override;
  void send_disconnect(std::string_view nsp, const Refusal& why) override;

  // net::SocketHandler
  void on_open(net::Socket& socket) override;
  void on_message(bool text, std::string_view payload) override;
  void on_pong() override;
  void on_close(net::CloseCause cause) override;

 private:
  void end(std::uint16_t code, std::string_view reason) override;
  void set_joined(bool joined) override;
  void refuse_late() override;
  void on_heartbeat();

  bool pong_due_ = false;
  bool ping_timeout_ = false;
  Timer heartbeat_;
};

}  // namespace securechat::connection
