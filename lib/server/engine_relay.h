#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/timer_queue.h"
#include "connection/engine_directory.h"
#include "connection/remote_socket.h"
#include "net/transport.h"
#include "server/shard_ports.h"

namespace securechat::server {

class EngineFront;

// The last character of an Engine.IO sid names the shard of its session. Shards are at most 64.
[[nodiscard]] char shard_mark(std::size_t shard);
[[nodiscard]] std::optional<std::size_t> shard_of_mark(char mark);

// Requests and WebSockets that reach another shard than the session they belong to: from here they
// are handed to the session's shard, and what is answered there comes back. Lives on its shard's
// thread; what other shards call runs through the mailbox.
class EngineRelay {
 public:
  // All references outlive the relay. `front` is this shard's.
  EngineRelay(std::size_t self, const ShardPorts& ports, connection::EngineDirectory& directory,
              TimerQueue& timers, const Clock& clock);
  ~EngineRelay();
  EngineRelay(const EngineRelay&) = delete;
  EngineRelay& operator=(const EngineRelay&) = delete;

  void set_front(EngineFront& front,
                 std::function<void(net::ExchangeId, net::HttpResponse)> answer);

  // A session of this sid that lives on another shard: where, whose it is, and how much it may
  // send.
  struct Elsewhere {
    std::size_t shard;
    connection::EngineDirectory::Entry session;
  };
  [[nodiscard]] std::optional<Elsewhere> elsewhere(std::string_view sid) const;

  // On the shard that the peer reached.
  void forward(std::size_t shard, net::ExchangeId id, net::RequestHead head, std::string body);
  void forward_gone(net::ExchangeId id);
  void end_session(std::size_t shard, std::string sid) const;
  [[nodiscard]] std::unique_ptr<net::SocketHandler> forward_socket(std::size_t shard,
                                                                   net::RequestHead head);

  // On the session's shard. Whether the request came from another one, where its answer was sent.
  [[nodiscard]] bool answer_elsewhere(net::ExchangeId id, net::HttpResponse& response);

 private:
  class SocketEnd;
  // A WebSocket of another shard and what lives on it here.
  struct Remote {
    connection::RemoteSocket socket;
    std::unique_ptr<net::SocketHandler> handler;
  };
  using RemoteKey = std::pair<std::size_t, connection::RemoteSocketId>;

  template <typename Fn>
  void on_shard(std::size_t shard, Fn fn) const;
  [[nodiscard]] connection::RemoteOutlet& outlet(std::size_t shard);

  void on_socket_open(const RemoteKey& key, const net::RequestHead& head);
  void on_socket_message(const RemoteKey& key, bool text, std::string_view payload);
  void on_socket_close(const RemoteKey& key, net::CloseCause cause);

  const std::size_t self_;
  const ShardPorts& ports_;
  connection::EngineDirectory& directory_;
  TimerQueue& timers_;
  const Clock& clock_;
  EngineFront* front_ = nullptr;
  std::function<void(net::ExchangeId, net::HttpResponse)> answer_;
  connection::RemoteSockets sockets_;  // Here, of sessions elsewhere.
  std::unordered_map<net::ExchangeId, std::size_t> forwarded_;
  std::vector<std::unique_ptr<connection::RemoteOutlet>> outlets_;
  std::map<RemoteKey, std::unique_ptr<Remote>> remotes_;  // Elsewhere, of sessions here.
};

}  // namespace securechat::server
