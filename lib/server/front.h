#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "auth/filter_chain.h"
#include "base/clock.h"
#include "base/mailbox.h"
#include "chat/environment.h"
#include "chat/namespaces.h"
#include "chat/peer_table.h"
#include "connection/connection.h"
#include "net/loop.h"
#include "net/transport.h"
#include "server/http_api.h"
#include "server/settings.h"
#include "server/static_files.h"
#include "storage/database.h"

namespace securechat::server {

// The front door of one shard: which path is the API, a file, an Engine.IO session or a plain
// socket, and what a stranger is told. Lives on the shard's thread.
class Front final : public net::TransportHandler {
 public:
  struct Parts {
    chat::Environment& environment;
    chat::Namespaces& namespaces;
    chat::PeerTable& peers;
    HttpApi& api;
    const StaticFiles& files;
    storage::Database& database;
  };
  // `parts` and what they refer to must outlive the front; `settings` are copied.
  Front(Parts parts, const Settings& settings);

  // Where answers go; set once the loop exists.
  void set_loop(net::Loop& loop) { loop_ = &loop; }
  void apply(const Settings& settings);
  // From now on only the health check is answered, with 503.
  void start_draining() { draining_ = true; }
  // Requests whose answers are still due.
  [[nodiscard]] std::size_t waiting() const { return waiting_.size(); }

  net::UpgradeDecision on_upgrade(const net::RequestHead& head) override;
  std::size_t body_limit(const net::RequestHead& head) override;
  void on_request(net::ExchangeId id, net::RequestHead head, std::string body) override;
  void on_gone(net::ExchangeId id) override { waiting_.erase(id); }
  net::HttpResponse on_fault(const net::RequestHead& head, int status) override;

 private:
  // What is needed of a request to finish its answer later.
  struct Waiting {
    net::RequestHead head;
  };
  void answer(net::ExchangeId id, const net::RequestHead& head, net::HttpResponse response);
  [[nodiscard]] std::optional<net::HttpResponse> answer_now(const net::RequestHead& head) const;
  [[nodiscard]] auth::Handshake handshake_of(const net::RequestHead& head) const;
  std::optional<net::HttpResponse> engine_fault(const net::RequestHead& head) const;
  [[nodiscard]] net::HttpResponse metrics_answer(const net::RequestHead& head) const;
  [[nodiscard]] bool is_engine_path(std::string_view path) const;
  net::UpgradeDecision accept(const net::RequestHead& head, connection::Wire wire);

  Parts parts_;
  net::Loop* loop_ = nullptr;
  connection::ConnectionOptions connection_options_;
  auth::OriginPolicy origin_;
  std::vector<Cidr> trusted_proxies_;
  std::string engine_path_;
  std::string health_path_;
  std::string metrics_path_;
  bool metrics_public_ = false;
  std::size_t body_limit_ = 0;
  std::size_t payload_unauthenticated_ = 0;
  bool draining_ = false;
  std::map<net::ExchangeId, Waiting> waiting_;
};

}  // namespace securechat::server
