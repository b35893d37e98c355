#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>

#include "auth/filter_chain.h"
#include "base/clock.h"
#include "base/mailbox.h"
#include "chat/environment.h"
#include "chat/namespaces.h"
#include "chat/peer_table.h"
#include "connection/connection.h"
#include "net/loop.h"
#include "net/transport.h"
#include "server/counters.h"
#include "server/engine_front.h"
#include "server/http_api.h"
#include "server/peer_factory.h"
#include "server/scraper.h"
#include "server/settings.h"
#include "server/static_files.h"

namespace securechat::server {

// The front door of one shard: which path is the API, a file, an Engine.IO session or a plain
// socket, and what a stranger is told. Lives on the shard's thread.
class Front final : public net::TransportHandler, public connection::ExchangeAnswers {
 public:
  struct Parts {
    chat::Environment& environment;
    chat::Namespaces& namespaces;
    chat::PeerTable& peers;
    HttpApi& api;
    const StaticFiles& files;
    Scraper& scraper;
    EngineFront::Place place;
    ShardCounters& counters;
    std::atomic<std::size_t>& http_waiting;  // Of all shards.
  };
  // `parts` and what they refer to must outlive the front; `settings` are copied.
  Front(Parts parts, const Settings& settings);

  // Where answers go; set once the loop exists.
  void set_loop(net::Loop& loop) { loop_ = &loop; }
  void apply(const Settings& settings);
  // From now on only the health check is answered, with 503.
  void start_draining() { draining_ = true; }
  // Requests of this shard whose answers are still due.
  [[nodiscard]] std::size_t waiting() const { return waiting_.size(); }
  [[nodiscard]] EngineFront& engine() { return engine_; }
  // For the metrics: what is there at the end of a turn.
  void count_sessions() { parts_.counters.engine_sessions.set(engine_.own_sessions()); }
  // Ends the sessions that no socket would end.
  void end_sessions() { engine_.end_all(); }

  net::UpgradeDecision on_upgrade(const net::RequestHead& head) override;
  std::optional<net::HttpResponse> on_body(net::ExchangeId id, const net::RequestHead& head,
                                           std::size_t length) override;
  void on_request(net::ExchangeId id, net::RequestHead head, std::string body) override;
  void on_gone(net::ExchangeId id) override;
  net::HttpResponse on_fault(const net::RequestHead& head, int status) override;

  // connection::ExchangeAnswers
  void answer(net::ExchangeId id, net::HttpResponse response) override;

 private:
  [[nodiscard]] std::optional<net::HttpResponse> answer_now(const net::RequestHead& head) const;
  // A request whose answer is due.
  struct Waiting {
    std::optional<std::string> origin;
    std::string name;
    std::string path;
    IpAddress address;
  };
  void complete(net::HttpResponse& response, std::optional<std::string_view> origin,
                std::string_view name);
  void log_answer(const Waiting& request, int status);
  void scrape(net::ExchangeId id, const net::RequestHead& head);
  void record_fault(const net::RequestHead& head, int status, std::string_view name) const;
  void call_api(net::ExchangeId id, net::RequestHead head, std::string body);
  net::UpgradeDecision accept_plain(const net::RequestHead& head);

  Parts parts_;
  net::Loop* loop_ = nullptr;
  SharedValue<connection::ConnectionContext> connection_context_{
      connection::ConnectionContext{{}, parts_.environment.timers, parts_.environment.clock}};
  auth::OriginPolicy origin_;
  bool cookies_ = false;
  std::string health_path_;
  std::string metrics_path_;
  bool metrics_public_ = false;
  std::size_t body_limit_ = 0;
  std::size_t payload_unauthenticated_ = 0;
  bool draining_ = false;
  std::unordered_map<net::ExchangeId, Waiting> waiting_;
  PeerFactory peers_;
  EngineFront engine_;
};

}  // namespace securechat::server
