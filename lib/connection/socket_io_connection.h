#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "connection/connection.h"
#include "connection/engine_session.h"
#include "protocol/packet.h"

namespace securechat::connection {

// A Socket.IO v5 client on an Engine.IO session (https://socket.io/docs/v4/socket-io-protocol/).
// Collects the attachments of binary packets. A fault of the protocol closes without a code.
class SocketIoConnection final : public Connection, public EngineClient {
 public:
  SocketIoConnection(const SharedValue<ConnectionContext>& context, std::int64_t accepted_at_ms,
                     std::unique_ptr<ConnectionHandler> handler);

  [[nodiscard]] bool closing() const override { return session_ == nullptr || session_->closing(); }
  void send_welcome(std::string_view nsp, std::string_view sid, std::string_view pid,
                    std::string_view user) override;
  void send_refusal(std::string_view nsp, const Refusal& refusal) override;
  void send_event(const protocol::OutgoingEvent& event) override;
  void send_error(std::string_view nsp, std::string_view message, std::string_view code) override;
  void send_ack(std::string_view nsp, std::string_view ack, std::string_view args,
                protocol::Attachments attachments) override;
  void send_disconnect(std::string_view nsp, const Refusal& why) override;

  // EngineClient
  void on_open(EngineSession& session) override;
  void on_message(bool text, std::string_view payload) override;
  void on_socket(net::Socket* socket) override { use_socket(socket); }
  void on_close(net::CloseCause cause) override;

 private:
  void end(std::uint16_t code, std::string_view reason) override;
  void set_joined(bool joined) override;
  void send_without_socket(net::FrameRef frame) override;
  void refuse_late() override { close_without_code(); }
  void on_text(std::string_view payload);
  void on_attachment(std::string_view payload);
  void send_packet(std::string_view packet, protocol::Attachments attachments = {});

  EngineSession* session_ = nullptr;
  // A binary packet whose attachments have not all come yet, and its size so far.
  struct Incomplete {
    protocol::Packet packet;
    std::size_t bytes;
  };
  std::unique_ptr<Incomplete> incomplete_;
};

}  // namespace securechat::connection
