#include <memory>
#include <utility>

#include "conformance/host.h"
#include "conformance/loop_thread.h"
#include "net/frame.h"
#include "net/transport.h"

namespace securechat::conformance {

namespace {

constexpr std::size_t kMessageBytes = 16U << 20U;

class Echo final : public net::SocketHandler {
 public:
  void on_open(net::Socket& socket) override { socket_ = &socket; }
  void on_message(bool text, std::string_view payload) override {
    socket_->send(net::make_frame(text ? net::Opcode::kText : net::Opcode::kBinary, payload));
  }
  void on_close(net::CloseCause) override {}

 private:
  net::Socket* socket_ = nullptr;
};

net::HttpResponse refusal(int status) {
  net::HttpResponse response;
  response.status = status;
  response.content_type = "text/plain";
  response.body = "this server echoes WebSocket messages at /echo\n";
  return response;
}

class EchoTransport final : public net::TransportHandler {
 public:
  void answer_by(net::Loop& loop) { loop_ = &loop; }

  net::UpgradeDecision on_upgrade(const net::RequestHead& head) override {
    if (head.path != "/echo") return refusal(404);
    return net::UpgradeAccepted{std::make_unique<Echo>(), kMessageBytes};
  }
  std::optional<net::HttpResponse> on_body(net::ExchangeId, const net::RequestHead&,
                                           std::size_t) override {
    return refusal(413);
  }
  void on_request(net::ExchangeId id, net::RequestHead, std::string) override {
    loop_->answer(id, refusal(404));
  }
  void on_gone(net::ExchangeId) override {}
  net::HttpResponse on_fault(const net::RequestHead&, int status) override {
    return refusal(status);
  }

 private:
  net::Loop* loop_ = nullptr;
};

}  // namespace

int run_websocket(const HostOptions& options) {
  net::LoopOptions loop_options;
  loop_options.limits = roomy_limits();
  loop_options.deflate = options.deflate;
  EchoTransport transport;
  LoopThread thread(loop_options, transport, options.port);
  transport.answer_by(thread.loop());
  thread.start();
  wait_for_end_signal();
  return 0;
}

}  // namespace securechat::conformance
