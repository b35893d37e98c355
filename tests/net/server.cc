#include "net/server.h"

#include <gtest/gtest.h>

#include <chrono>
#include <future>
#include <utility>

namespace securechat::net {

class Server::Echo final : public SocketHandler {
 public:
  explicit Echo(Server& server) : server_(server) {}
  void on_open(Socket& socket) override {
    socket_ = &socket;
    server_.sockets.insert(socket_);
    if (server_.on_open) server_.on_open(socket);
  }
  void on_message(bool text, std::string_view payload) override {
    ++server_.messages;
    if (payload == "close please") {
      socket_->close(4000, "as you wish");
    } else {
      socket_->send(make_frame(text ? Opcode::kText : Opcode::kBinary, payload));
    }
  }
  void on_pong() override { ++server_.pongs; }
  void on_close(CloseCause cause) override {
    server_.sockets.erase(socket_);
    server_.causes.push_back(cause);
  }

 private:
  Server& server_;
  Socket* socket_ = nullptr;
};

Server::Server(LoopOptions options) {
  options.common_headers.emplace_back("X-Content-Type-Options", "nosniff");
  auto made = Loop::create(
      options, *this,
      [this] {
        ++wakes;
        std::vector<std::function<void(Loop&)>> tasks;
        {
          const std::lock_guard lock(mutex_);
          tasks.swap(tasks_);
        }
        for (const auto& task : tasks) task(*loop_);
      },
      clock_, log_);
  if (!made.ok()) {
    ADD_FAILURE() << made.message();
    return;
  }
  loop_ = std::move(*made);
  auto port = loop_->listen("127.0.0.1", 0);
  if (!port.ok()) ADD_FAILURE() << port.message();
  port_ = *port;
  thread_ = std::thread([this] { loop_thread(); });
}

Server::~Server() {
  stop();
}

void Server::stop() {
  if (!thread_.joinable()) return;
  stopping_ = true;
  loop_->wake();
  thread_.join();
  timers_.clear();
  loop_.reset();
}

void Server::loop_thread() {
  while (!stopping_) {
    loop_->run_turn(-1);
    ++turns;
  }
}

void Server::run(const std::function<void(Loop&)>& task) {
  std::promise<void> done;
  {
    const std::lock_guard lock(mutex_);
    tasks_.push_back([&](Loop& loop) {
      task(loop);
      done.set_value();
    });
  }
  loop_->wake();
  done.get_future().wait();
}

bool Server::wait_for(const std::function<bool(Loop&)>& condition) {
  for (int i = 0; i < 500; ++i) {
    bool holds = false;
    run([&](Loop& loop) { holds = condition(loop); });
    if (holds) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return false;
}

UpgradeDecision Server::on_upgrade(const RequestHead& head) {
  if (head.path == "/ws") return UpgradeAccepted{std::make_unique<Echo>(*this), payload_limit};
  HttpResponse response;
  response.status = 403;
  response.content_type = "text/plain";
  response.body = "no";
  return response;
}

std::optional<HttpResponse> Server::on_body(ExchangeId, const RequestHead& head,
                                            std::size_t length) {
  if (length <= (head.path == "/large" ? 1'000'000U : 10'240U)) return std::nullopt;
  return on_fault(head, 413);
}

void Server::on_request(ExchangeId id, RequestHead head, std::string body) {
  HttpResponse response;
  response.content_type = "text/plain";
  if (head.path == "/hello") {
    response.body = "hello";
  } else if (head.path == "/echo" || head.path == "/large") {
    response.body = body;
  } else if (head.path == "/head") {
    response.body = head.method + " " + head.path + "?" + head.query + " " + head.peer.to_string();
    for (const auto& [name, value] : head.headers) response.body += "\n" + name + "=" + value;
    if (head.certificate) {
      response.body += "\ncertificate=" + head.certificate->common_name + " " +
                       head.certificate->email + " " + head.certificate->digest;
    }
  } else if (head.path.starts_with("/big/")) {
    const std::size_t size = std::stoul(head.path.substr(5));
    for (std::size_t i = 0; i < size; ++i) response.body += static_cast<char>('a' + i % 26);
  } else if (head.path.starts_with("/late/")) {
    auto late = std::make_unique<Timer>([this, id] {
      HttpResponse answer;
      answer.content_type = "text/plain";
      answer.body = "late";
      loop_->answer(id, std::move(answer));
    });
    late->start(loop_->timers(), clock_.monotonic_ms() + std::stol(head.path.substr(6)));
    timers_.push_back(std::move(late));
    return;
  } else if (head.path == "/never") {
    never.push_back(id);
    return;
  } else if (head.path == "/nocontent") {
    response.status = 204;
    response.content_type.clear();
  } else {
    response.status = 404;
  }
  loop_->answer(id, std::move(response));
}

void Server::on_gone(ExchangeId id) {
  gone.push_back(id);
}

HttpResponse Server::on_fault(const RequestHead&, int status) {
  HttpResponse response;
  response.status = status;
  response.content_type = "application/json";
  response.body = "{\"status\":" + std::to_string(status) + "}";
  return response;
}

}  // namespace securechat::net
