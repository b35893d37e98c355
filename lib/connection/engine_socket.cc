#include "connection/engine_socket.h"

#include <utility>

#include "connection/engine_session.h"
#include "net/frame.h"

namespace securechat::connection {

EngineSocket::~EngineSocket() {
  if (session_ != nullptr) session_->on_socket_close(*this, net::CloseCause::kTransportError);
}

void EngineSocket::abandon() {
  session_ = nullptr;
  if (socket_ != nullptr) socket_->close(net::kNoStatusCode, {});
}

void EngineSocket::on_open(net::Socket& socket) {
  socket_ = &socket;
  if (session_ != nullptr) {
    session_->on_socket_open(*this);
  } else {
    socket.close(net::kNoStatusCode, {});
  }
}

void EngineSocket::on_message(bool text, std::string_view payload) {
  if (session_ != nullptr) session_->on_socket_message(*this, text, payload);
}

void EngineSocket::on_close(net::CloseCause cause) {
  socket_ = nullptr;
  EngineSession* session = std::exchange(session_, nullptr);
  if (session != nullptr) session->on_socket_close(*this, cause);
}

}  // namespace securechat::connection
