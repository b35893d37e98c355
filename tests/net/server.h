#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "base/log.h"
#include "net/loop.h"

namespace securechat::net {

// A server for tests: a loop on a thread of its own.
//   /hello       200, text          /echo     the body of the request
//   /head        the request head as lines    /late/N   answered after N ms
//   /never       no answer          /big/N    N bytes
//   /ws          upgrade, echoes    /refuse   upgrade refused with 403
class Server : public TransportHandler {
 public:
  explicit Server(LoopOptions options = {});
  ~Server() override;

  [[nodiscard]] std::uint16_t port() const { return port_; }
  // Runs on the loop's thread and waits for it.
  void run(const std::function<void(Loop&)>& task);
  // Waits until the condition holds, asked on the loop's thread; false after five seconds.
  bool wait_for(const std::function<bool(Loop&)>& condition);
  void wake() { loop_->wake(); }
  void stop();

  UpgradeDecision on_upgrade(const RequestHead& head) override;
  std::optional<HttpResponse> on_body(ExchangeId id, const RequestHead& head,
                                      std::size_t length) override;
  void on_request(ExchangeId id, RequestHead head, std::string body) override;
  void on_gone(ExchangeId id) override;
  HttpResponse on_fault(const RequestHead& head, int status) override;

  // Used on the loop's thread only, or inside run().
  std::set<Socket*> sockets;
  std::vector<CloseCause> causes;
  std::vector<ExchangeId> never;
  std::vector<ExchangeId> gone;
  std::size_t messages = 0;
  std::size_t pongs = 0;
  std::size_t payload_limit = 16'384;
  std::function<void(Socket&)> on_open;
  std::atomic<int> wakes = 0;
  std::atomic<int> turns = 0;

 private:
  class Echo;
  void loop_thread();

  SystemClock clock_;
  Logger log_{clock_, LogFormat::kText, LogLevel::kError};
  std::unique_ptr<Loop> loop_;
  std::vector<std::unique_ptr<Timer>> timers_;
  std::uint16_t port_ = 0;
  std::mutex mutex_;
  std::vector<std::function<void(Loop&)>> tasks_;
  std::atomic<bool> stopping_ = false;
  std::thread thread_;
};

}  // namespace securechat::net
