#pragma once

#include <string_view>

#include "net/transport.h"

namespace securechat::connection {

class EngineSession;

// A WebSocket of an Engine.IO session: its transport, or the one that it may change to. Owned by
// the network layer; either may end before the other.
class EngineSocket final : public net::SocketHandler {
 public:
  // Without a session the socket is closed as soon as it is open.
  explicit EngineSocket(EngineSession* session) : session_(session) {}
  ~EngineSocket() override;
  EngineSocket(const EngineSocket&) = delete;
  EngineSocket& operator=(const EngineSocket&) = delete;

  // Null until it is open and after it has closed.
  [[nodiscard]] net::Socket* socket() const { return socket_; }
  // The session has nothing to do with this socket any more; it is closed.
  void abandon();

  void on_open(net::Socket& socket) override;
  void on_message(bool text, std::string_view payload) override;
  void on_close(net::CloseCause cause) override;

 private:
  EngineSession* session_;
  net::Socket* socket_ = nullptr;
};

}  // namespace securechat::connection
