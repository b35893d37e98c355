#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "chat/environment.h"
#include "connection/connection.h"
#include "connection/engine_sessions.h"
#include "net/transport.h"
#include "server/engine_relay.h"
#include "server/peer_factory.h"
#include "server/settings.h"

namespace securechat::server {

// The Engine.IO endpoint of one shard: which request begins a session, which belongs to one, and
// what a faulty one is told, in the order of the reference (engine.io, Server.verify). Lives on the
// shard's thread.
class EngineFront {
 public:
  // Where the front stands among the shards of its server.
  struct Place {
    std::size_t shard;
    EngineRelay& relay;
    connection::EngineDirectory* directory;  // Null when there is no other shard.
  };
  // References outlive the front; `answers` is where the answers to requests go.
  EngineFront(PeerFactory& peers, chat::Environment& environment,
              connection::ExchangeAnswers& answers, const Place& place);

  void apply(const Settings& settings);
  [[nodiscard]] bool serves(std::string_view path) const;
  // Whether the request belongs to a session that lives.
  [[nodiscard]] bool has_session(const net::RequestHead& head) const;

  // As TransportHandler's; requests are answered through `answers`.
  [[nodiscard]] std::optional<net::HttpResponse> on_body(net::ExchangeId id,
                                                         const net::RequestHead& head,
                                                         std::size_t length);
  void on_request(net::ExchangeId id, const net::RequestHead& head, std::string_view body);
  void on_gone(net::ExchangeId id);
  [[nodiscard]] net::UpgradeDecision on_upgrade(const net::RequestHead& head);

  void end_all() { sessions_.end_all(net::CloseCause::kLocal); }
  // A request of that sid did not come from its peer.
  void end_session(std::string_view sid);
  // Of this shard.
  [[nodiscard]] std::int64_t own_sessions() const {
    return static_cast<std::int64_t>(sessions_.size());
  }

 private:
  enum class Arrival { kRequest, kUpgrade };
  // Its session, null for a handshake, or the answer to a request that is at fault.
  using Verified = std::variant<connection::EngineSession*, net::HttpResponse>;
  Verified verify(const net::RequestHead& head, Arrival arrival);
  Verified verify_session(const net::RequestHead& head, std::string_view sid,
                          std::string_view transport, Arrival arrival);
  [[nodiscard]] std::optional<EngineRelay::Elsewhere> elsewhere(const net::RequestHead& head) const;
  // What the session's shard would answer to a request that is at fault, as far as it is known
  // here.
  [[nodiscard]] std::optional<net::HttpResponse> refuse_elsewhere(
      const EngineRelay::Elsewhere& there, const net::RequestHead& head, Arrival arrival) const;
  [[nodiscard]] bool served(std::string_view transport) const;
  [[nodiscard]] bool agrees(const connection::EnginePeer& peer, const net::RequestHead& head) const;

  struct NewSession {
    std::string sid;
    connection::EngineSessions::Peer peer;
    std::unique_ptr<connection::EngineClient> client;
  };
  std::variant<NewSession, net::HttpResponse> begin_session(const net::RequestHead& head,
                                                            std::string_view transport);

  PeerFactory& peers_;
  chat::Environment& environment_;
  connection::ExchangeAnswers& answers_;
  const Place place_;
  connection::EngineSessions sessions_;
  SharedValue<connection::ConnectionContext> connection_context_{
      connection::ConnectionContext{{}, environment_.timers, environment_.clock}};
  SharedValue<connection::EngineOptions> engine_options_{connection::EngineOptions()};
  std::vector<std::string> transports_;
  std::string path_;
};

}  // namespace securechat::server
