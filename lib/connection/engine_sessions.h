#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/clock.h"
#include "base/flat_table.h"
#include "base/seeded_hash.h"
#include "base/shared_value.h"
#include "base/timer_queue.h"
#include "connection/engine_directory.h"
#include "connection/engine_session.h"
#include "net/transport.h"

namespace securechat::connection {

// Where the answers to HTTP requests go.
class ExchangeAnswers {
 public:
  virtual void answer(net::ExchangeId id, net::HttpResponse response) = 0;

 protected:
  ~ExchangeAnswers() = default;
};

// The Engine.IO sessions of one shard, found by their sid. Between two polls nothing else keeps a
// session, so that those of peers who have not joined anything are counted and bounded.
class EngineSessions final : public EngineSession::Owner {
 public:
  // Sessions over long-polling that have not joined a namespace, from one address and in all.
  static constexpr std::size_t kStrangersPerAddress = 1'024;
  static constexpr std::size_t kStrangers = 16'384;

  using Peer = EnginePeer;

  // All references outlive the table. Nobody has a session any more when it is destroyed.
  // `directory` is kept up to date; null when there is no other shard to ask it.
  EngineSessions(ExchangeAnswers& answers, TimerQueue& timers, const Clock& clock,
                 EngineDirectory* directory = nullptr);
  ~EngineSessions();
  EngineSessions(const EngineSessions&) = delete;
  EngineSessions& operator=(const EngineSessions&) = delete;

  // False when too many peers of that address, or in all, have a session and have not joined.
  [[nodiscard]] bool has_room(const Peer& peer) const;
  void open_polling(std::string_view sid, Peer peer, const SharedValue<EngineOptions>& options,
                    std::unique_ptr<EngineClient> client, net::ExchangeId id);
  [[nodiscard]] std::unique_ptr<net::SocketHandler> open_websocket(
      std::string_view sid, Peer peer, const SharedValue<EngineOptions>& options,
      std::unique_ptr<EngineClient> client);

  // Null when there is none of that sid.
  [[nodiscard]] EngineSession* find(std::string_view sid) const;

  // Requests of a session that uses polling.
  void poll(EngineSession& session, net::ExchangeId id);
  [[nodiscard]] std::optional<net::HttpResponse> begin_post(EngineSession& session,
                                                            net::ExchangeId id);
  void post(EngineSession& session, net::ExchangeId id, std::string_view content_type,
            std::string_view body);
  // The peer left before its request was answered; ids of others are ignored.
  void gone(net::ExchangeId id);

  // Ends every session.
  void end_all(net::CloseCause cause);
  [[nodiscard]] std::size_t size() const { return sessions_.size(); }

  // EngineSession::Owner
  void answer(net::ExchangeId id, net::HttpResponse response) override;
  void forget(net::ExchangeId id) override { waiting_.erase(id); }
  void retire(EngineSession& session) override;
  void admitted(EngineSession& session, bool joined) override;
  [[nodiscard]] TimerQueue& timers() override { return timers_; }
  [[nodiscard]] const Clock& clock() const override { return clock_; }

 private:
  // Sids that are looked for come from peers.
  struct BySid {
    static std::string_view key(const std::unique_ptr<EngineSession>& session) {
      return session->sid();
    }
    static std::uint64_t hash(std::string_view sid) { return SeededHash()(sid); }
  };
  EngineSession& add(std::string_view sid, Peer peer, const SharedValue<EngineOptions>& options,
                     std::unique_ptr<EngineClient> client);
  void count_stranger(EngineSession& session, bool stranger);

  ExchangeAnswers& answers_;
  TimerQueue& timers_;
  const Clock& clock_;
  EngineDirectory* const directory_;
  FlatTable<std::unique_ptr<EngineSession>, BySid> sessions_;
  std::unordered_map<net::ExchangeId, EngineSession*> waiting_;
  std::unordered_map<std::string, std::size_t> strangers_by_address_;
  std::size_t strangers_ = 0;
  std::vector<std::unique_ptr<EngineSession>> retired_;
  Timer burial_;
};

}  // namespace securechat::connection
