#include "server/engine_relay.h"

#include <functional>
#include <utility>

#include "server/engine_front.h"

namespace securechat::server {
namespace {

constexpr std::string_view kMarks =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

// A request of another shard bears that shard's number in its id here.
constexpr net::ExchangeId kElsewhereBit = net::ExchangeId{1} << 63U;
constexpr unsigned kShardShift = 56;
constexpr net::ExchangeId kIdMask = (net::ExchangeId{1} << kShardShift) - 1;

net::ExchangeId id_from(std::size_t shard, net::ExchangeId id) {
  return kElsewhereBit | net::ExchangeId{shard} << kShardShift | (id & kIdMask);
}

}  // namespace

char shard_mark(std::size_t shard) {
  return kMarks.at(shard);
}

std::optional<std::size_t> shard_of_mark(char mark) {
  const std::size_t shard = kMarks.find(mark);
  return shard == std::string_view::npos ? std::nullopt : std::optional(shard);
}

// A WebSocket here whose session lives on another shard.
class EngineRelay::SocketEnd final : public net::SocketHandler {
 public:
  SocketEnd(EngineRelay& relay, std::size_t shard, net::RequestHead head)
      : relay_(relay),
        shard_(shard),
        key_(relay.self_, relay.sockets_.add()),
        head_(std::move(head)) {}

  void on_open(net::Socket& socket) override {
    relay_.sockets_.open(key_.second, socket);
    relay_.on_shard(shard_, [key = key_, head = std::move(head_)](EngineRelay& there) {
      there.on_socket_open(key, head);
    });
  }
  void on_message(bool text, std::string_view payload) override {
    relay_.on_shard(shard_, [key = key_, text, bytes = std::string(payload)](EngineRelay& there) {
      there.on_socket_message(key, text, bytes);
    });
  }
  void on_close(net::CloseCause cause) override {
    relay_.sockets_.remove(key_.second);
    relay_.on_shard(shard_,
                    [key = key_, cause](EngineRelay& there) { there.on_socket_close(key, cause); });
  }

 private:
  EngineRelay& relay_;
  const std::size_t shard_;
  const RemoteKey key_;
  net::RequestHead head_;
};

EngineRelay::EngineRelay(std::size_t self, const ShardPorts& ports,
                         connection::EngineDirectory& directory, TimerQueue& timers,
                         const Clock& clock)
    : self_(self), ports_(ports), directory_(directory), timers_(timers), clock_(clock) {}

EngineRelay::~EngineRelay() = default;

void EngineRelay::set_front(EngineFront& front,
                            std::function<void(net::ExchangeId, net::HttpResponse)> answer) {
  front_ = &front;
  answer_ = std::move(answer);
}

template <typename Fn>
void EngineRelay::on_shard(std::size_t shard, Fn fn) const {
  const ShardPorts::Port& port = ports_.at(shard);
  port.home->post([relay = port.relay, fn = std::move(fn)]() mutable { fn(*relay); });
}

connection::RemoteOutlet& EngineRelay::outlet(std::size_t shard) {
  outlets_.resize(ports_.size());
  if (!outlets_.at(shard)) {
    outlets_[shard] = std::make_unique<connection::RemoteOutlet>(
        [this, shard](UniqueFunction<void(connection::RemoteSockets&)> task) {
          on_shard(shard,
                   [task = std::move(task)](EngineRelay& there) mutable { task(there.sockets_); });
        },
        timers_, clock_);
  }
  return *outlets_[shard];
}

std::optional<EngineRelay::Elsewhere> EngineRelay::elsewhere(std::string_view sid) const {
  if (ports_.size() < 2 || sid.empty()) return std::nullopt;
  const std::optional<std::size_t> shard = shard_of_mark(sid.back());
  if (!shard || *shard == self_ || *shard >= ports_.size()) return std::nullopt;
  std::optional<connection::EngineDirectory::Entry> session = directory_.find(sid);
  if (!session) return std::nullopt;
  return Elsewhere{*shard, std::move(*session)};
}

// ---------------------------------------------------------------- requests

void EngineRelay::forward(std::size_t shard, net::ExchangeId id, net::RequestHead head,
                          std::string body) {
  forwarded_.emplace(id, shard);
  on_shard(shard, [id = id_from(self_, id), head = std::move(head), body = std::move(body)](
                      EngineRelay& there) { there.front_->on_request(id, head, body); });
}

void EngineRelay::forward_gone(net::ExchangeId id) {
  const auto found = forwarded_.find(id);
  if (found == forwarded_.end()) return;
  on_shard(found->second,
           [id = id_from(self_, id)](EngineRelay& there) { there.front_->on_gone(id); });
  forwarded_.erase(found);
}

void EngineRelay::end_session(std::size_t shard, std::string sid) const {
  on_shard(shard, [sid = std::move(sid)](EngineRelay& there) { there.front_->end_session(sid); });
}

bool EngineRelay::answer_elsewhere(net::ExchangeId id, net::HttpResponse& response) {
  if ((id & kElsewhereBit) == 0) return false;
  const std::size_t shard = (id & ~kElsewhereBit) >> kShardShift;
  on_shard(shard, [id = id & kIdMask, response = std::move(response)](EngineRelay& there) mutable {
    there.forwarded_.erase(id);
    there.answer_(id, std::move(response));
  });
  return true;
}

// ---------------------------------------------------------------- sockets

std::unique_ptr<net::SocketHandler> EngineRelay::forward_socket(std::size_t shard,
                                                                net::RequestHead head) {
  return std::make_unique<SocketEnd>(*this, shard, std::move(head));
}

void EngineRelay::on_socket_open(const RemoteKey& key, const net::RequestHead& head) {
  auto remote = std::make_unique<Remote>(
      Remote{connection::RemoteSocket(key.second, outlet(key.first)), nullptr});
  net::UpgradeDecision decision = front_->on_upgrade(head);
  auto* accepted = std::get_if<net::UpgradeAccepted>(&decision);
  if (accepted == nullptr) {
    remote->socket.close(net::kNoStatusCode, {});  // The session has ended meanwhile.
    return;
  }
  remote->handler = std::move(accepted->handler);
  Remote& opened = *remote;
  remotes_.emplace(key, std::move(remote));
  opened.socket.set_payload_limit(accepted->payload_limit);
  opened.handler->on_open(opened.socket);
}

void EngineRelay::on_socket_message(const RemoteKey& key, bool text, std::string_view payload) {
  const auto found = remotes_.find(key);
  if (found != remotes_.end() && !found->second->socket.closing()) {
    found->second->handler->on_message(text, payload);
  }
}

void EngineRelay::on_socket_close(const RemoteKey& key, net::CloseCause cause) {
  const auto found = remotes_.find(key);
  if (found == remotes_.end()) return;
  const std::unique_ptr<Remote> remote = std::move(found->second);
  remotes_.erase(found);
  remote->socket.ended();
  remote->handler->on_close(cause);
}

}  // namespace securechat::server
