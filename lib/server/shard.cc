#include "server/shard.h"

#include <cxxabi.h>

#include <algorithm>
#include <system_error>
#include <utility>

#include "base/blocked_signals.h"
#include "chat/history.h"
#include "chat/namespaces.h"
#include "chat/peer_sessions.h"
#include "chat/peer_table.h"
#include "chat/pipeline.h"
#include "net/loop.h"
#include "net/tls_identity.h"
#include "server/engine_relay.h"
#include "server/front.h"
#include "server/http_api.h"

namespace securechat::server {
namespace {

// How long sockets have to take the close frame once a drain is over.
constexpr std::int64_t kCloseGraceMs = 1'000;
constexpr std::int64_t kDrainPollMs = 10;
// How often the log says what was left out of it.
constexpr std::int64_t kLeftOutMs = 10'000;

// The way of a stored message to the other shards: one task for each.
chat::History::Spread make_spread(const chat::Neighbours& neighbours, bool alone) {
  if (alone) return nullptr;
  return [&neighbours](const storage::Message& message) {
    const auto shared = std::make_shared<const storage::Message>(message);
    neighbours.post([shared](chat::Namespaces& there) {
      chat::deliver(there.environment(), there.find(shared->nsp), *shared);
    });
  };
}

std::unique_ptr<chat::History> make_history(const Shard::Shared& shared,
                                            const std::shared_ptr<Mailbox>& home,
                                            chat::History::Spread spread) {
  if (!shared.memory) return chat::History::durable(shared.database, home, std::move(spread));
  return chat::History::in_memory(shared.memory, home, std::move(spread));
}

// What the host waits for is told once, whatever becomes of the shard.
class AckPromise {
 public:
  explicit AckPromise(chat::AckDone done) : done_(std::move(done)) {}
  ~AckPromise() { keep({Code::kNotFound}); }
  AckPromise(const AckPromise&) = delete;
  AckPromise& operator=(const AckPromise&) = delete;
  void keep(const chat::AckAnswer& answer) {
    if (chat::AckDone done = std::exchange(done_, nullptr)) done(answer);
  }

 private:
  chat::AckDone done_;
};

class ShardThread final : public Shard {
 public:
  ShardThread(const Shared& shared, const Settings& settings, ShardCounters& counters,
              std::size_t index, std::size_t count)
      : shared_(shared),
        counters_(counters),
        index_(index),
        alone_(count < 2),
        mailbox_(std::make_shared<Mailbox>([this] { loop_->wake(); })),
        neighbours_(shared.ports, index),
        history_(make_history(shared, mailbox_, make_spread(neighbours_, alone_))),
        filters_(auth::FilterChain::create(shared.accounts, settings.chain, shared.host.filters,
                                           shared.rates.join, shared.clock, shared.log)),
        sessions_(shared.live_sessions, index),
        api_(shared.accounts, shared.rates.auth, shared.rates.password, shared.clock, shared.trail,
             settings.chain.cookies ? TokenCarrier::kCookies : TokenCarrier::kBody,
             shared.api_counters, shared.host.registration) {}

  // The loop is made first, because everything that keeps deadlines uses its timers.
  Status open(const Settings& settings) {
    net::LoopOptions options = settings.loop;
    options.reuse_port = !alone_;
    options.connection_count = shared_.connection_count;
    options.counters = &counters_.loop;
    if (options.tls.enabled()) {
      options.admits = [&faults = shared_.tls_faults](const IpAddress& peer) {
        return faults.admits(peer);
      };
    }
    options.on_tls_fault = [&trail = shared_.trail, &faults = shared_.tls_faults,
                            &counters = counters_](const net::TlsFault& fault) {
      counters.loop.tls_faults.add();
      faults.count(fault);
      trail.record({.name = audit::Name::kTlsFailed,
                    .result = audit::Outcome::kFailed,
                    .reason = fault.reason,
                    .address = &fault.peer});
    };
    Result<std::unique_ptr<net::Loop>> loop = net::Loop::create(
        options, gate_, [this] { mailbox_->drain(); }, shared_.clock, shared_.log);
    if (!loop.ok()) return loop.status();
    loop_ = std::move(*loop);
    environment_.reset(new chat::Environment{shared_.clock,
                                             shared_.log,
                                             shared_.trail,
                                             counters_.chat,
                                             index_,
                                             loop_->timers(),
                                             shared_.accounts,
                                             *filters_,
                                             *history_,
                                             sessions_,
                                             shared_.rates.message,
                                             shared_.rates.room,
                                             shared_.rates.request,
                                             shared_.host.hooks,
                                             shared_.presence,
                                             neighbours_,
                                             shared_.lost_sessions,
                                             settings.chat,
                                             mailbox_,
                                             shared_.position});
    namespaces_ = std::make_unique<chat::Namespaces>(*environment_, shared_.host.namespaces);
    relay_ = std::make_unique<EngineRelay>(index_, shared_.ports, shared_.engine_directory,
                                           loop_->timers(), shared_.clock);
    front_ = std::make_unique<Front>(
        Front::Parts{
            *environment_, *namespaces_, peers_, api_, shared_.host.files, shared_.scraper,
            EngineFront::Place{index_, *relay_, alone_ ? nullptr : &shared_.engine_directory},
            counters_, shared_.http_waiting},
        settings);
    relay_->set_front(front_->engine(), [this](net::ExchangeId id, net::HttpResponse response) {
      front_->answer(id, std::move(response));
    });
    shared_.ports.add({mailbox_, namespaces_.get(), relay_.get()});
    front_->set_loop(*loop_);
    gate_.front = front_.get();
    gate_.history = history_.get();
    if (index_ == 0) {
      watch_ = std::make_unique<RevocationWatch>(shared_.database, shared_.revocation, mailbox_,
                                                 loop_->timers(), shared_.clock, shared_.revoked);
    }
    gate_.sessions = &sessions_;
    gate_.counters = &counters_;
    certificate_rule_ = certificate_rule(settings);
    return {};
  }

  ~ShardThread() override { stop(); }

  Result<std::uint16_t> listen(const std::string& host, std::uint16_t port) override {
    return loop_->listen(host, port);
  }

  void run() override {
    const BlockedSignals blocked;
    thread_ = std::thread([this] {
      try {
        thread_id_ = std::this_thread::get_id();
        if (index_ == 0) say_left_out();
        while (!stopping_.load(std::memory_order_acquire)) loop_->run_turn(-1);
        finish();
      } catch (abi::__forced_unwind&) {
        abandon();
        throw;
      }
    });
  }

  [[nodiscard]] std::shared_ptr<Mailbox> mailbox() const override { return mailbox_; }
  [[nodiscard]] bool on_this_thread() const override {
    return thread_id_.load() == std::this_thread::get_id();
  }

  void apply(std::shared_ptr<const Settings> settings) override {
    mailbox_->post([this, settings = std::move(settings)] {
      filters_->set_policy(settings->chain);
      environment_->options = settings->chat;
      front_->apply(*settings);
      loop_->set_limits(settings->loop.limits);
      loop_->set_tls_identity(settings->loop.tls.identity);
      judge_certificates_anew(*settings);
    });
  }

  void emit(chat::Target target, std::shared_ptr<const chat::Emission> emission) override {
    mailbox_->post([this, target = std::move(target), emission = std::move(emission)] {
      chat::Namespace* nsp = namespace_of(target);
      if (nsp == nullptr) return;
      const std::vector<std::string_view> attachments(emission->attachments.begin(),
                                                      emission->attachments.end());
      nsp->emit(target, emission->event, emission->args, attachments);
    });
  }

  void ask(chat::SessionId id, chat::Emission question, std::int64_t timeout_ms,
           chat::AckDone done) override {
    auto waiting = std::make_shared<AckPromise>(std::move(done));
    mailbox_->post(
        [this, id, question = std::move(question), timeout_ms, waiting = std::move(waiting)] {
          chat::Session* session = sessions_.find(id);
          if (session == nullptr) {
            waiting->keep({Code::kNotFound});
            return;
          }
          session->ask(question, timeout_ms,
                       [waiting](const chat::AckAnswer& answer) { waiting->keep(answer); });
        });
  }

  void join(chat::SessionId id, std::string room) override {
    with_session(id, [room = std::move(room)](chat::Session& session) {
      session.nsp().join(session, room, true);
    });
  }

  void leave(chat::SessionId id, std::string room) override {
    with_session(id, [room = std::move(room)](chat::Session& session) {
      session.nsp().leave(session, room);
    });
  }

  void disconnect(chat::SessionId id, std::string reason) override {
    with_session(id, [reason = std::move(reason)](chat::Session& session) {
      session.set_disconnect_reason(reason);
      session.disconnect({"DISCONNECTED", "DISCONNECTED", protocol::CloseCode::kForbidden});
    });
  }

  void revoke(std::vector<std::string> sids) override {
    mailbox_->post([this, sids = std::move(sids)] {
      constexpr connection::Refusal kRevoked{"AUTH_FAILED", "AUTH_FAILED",
                                             protocol::CloseCode::kUnauthenticated};
      for (const std::string& sid : sids) {
        sessions_.remember_revoked(sid);
        for (chat::Session* session : sessions_.of_login(sid)) session->disconnect(kRevoked);
      }
    });
  }

  [[nodiscard]] std::future<void> drain(std::int64_t drain_ms) override {
    auto drained = std::make_shared<std::promise<void>>();
    std::future<void> done = drained->get_future();
    const bool posted = thread_.joinable() && mailbox_->post([this, drain_ms, drained] {
      begin_drain(drain_ms, [drained] { drained->set_value(); });
    });
    if (!posted) drained->set_value();
    return done;
  }

  [[nodiscard]] std::future<void> stop_listening() override {
    auto stopped = std::make_shared<std::promise<void>>();
    std::future<void> done = stopped->get_future();
    const bool posted = thread_.joinable() && mailbox_->post([this, stopped] {
      loop_->stop_listening();
      stopped->set_value();
    });
    if (!posted) stopped->set_value();
    return done;
  }

  void stop() override {
    if (!thread_.joinable()) return;
    mailbox_->post([this] { stopping_.store(true, std::memory_order_release); });
    thread_.join();
  }

 private:
  // Hands the loop's calls to the front, which is made after the loop.
  struct Gate final : net::TransportHandler {
    net::UpgradeDecision on_upgrade(const net::RequestHead& head) override {
      return front->on_upgrade(head);
    }
    std::optional<net::HttpResponse> on_body(net::ExchangeId id, const net::RequestHead& head,
                                             std::size_t length) override {
      return front->on_body(id, head, length);
    }
    void on_request(net::ExchangeId id, net::RequestHead head, std::string body) override {
      front->on_request(id, std::move(head), std::move(body));
    }
    void on_gone(net::ExchangeId id) override { front->on_gone(id); }
    net::HttpResponse on_fault(const net::RequestHead& head, int status) override {
      return front->on_fault(head, status);
    }
    void on_turn_end() override {
      history->end_turn();
      front->count_sessions();
      counters->sessions.set(static_cast<std::int64_t>(sessions->size()));
    }
    Front* front = nullptr;
    chat::History* history = nullptr;
    const chat::SessionTable* sessions = nullptr;
    ShardCounters* counters = nullptr;
  };

  // By what a certificate says who a peer is.
  static std::string certificate_rule(const Settings& settings) {
    const std::shared_ptr<const net::TlsIdentity>& identity = settings.loop.tls.identity;
    return settings.client_identity && identity ? identity->client_ca_digest() : std::string();
  }

  // TLS verifies a certificate once, when a connection begins. Where another rule holds from now
  // on, because one was revoked perhaps, who came in by one ends; clients come back by themselves,
  // and are judged by it then.
  void judge_certificates_anew(const Settings& settings) {
    if (std::string rule = certificate_rule(settings);
        std::exchange(certificate_rule_, rule) == rule) {
      return;
    }
    for (chat::PeerSessions* peer : peers_.all()) {
      if (peer->certified()) {
        peer->close_now(protocol::CloseCode::kGoingAway, "certificates are judged anew");
      }
    }
  }

  template <typename Fn>
  void with_session(chat::SessionId id, Fn fn) {
    mailbox_->post([this, id, fn = std::move(fn)] {
      chat::Session* session = sessions_.find(id);
      if (session != nullptr) fn(*session);
    });
  }

  // The one that is named; else that of the session, and "/" for everyone.
  [[nodiscard]] chat::Namespace* namespace_of(const chat::Target& target) const {
    if (!target.nsp.empty()) return namespaces_->find(target.nsp);
    if (target.session == 0) return namespaces_->find("/");
    const chat::Session* session = sessions_.find(target.session);
    return session == nullptr ? nullptr : &session->nsp();
  }

  // What peers provoked and was not written is said when nobody provokes any more, too.
  void say_left_out() {
    shared_.log.say_left_out();
    log_timer_.start(loop_->timers(), shared_.clock.monotonic_ms() + kLeftOutMs);
  }

  void begin_drain(std::int64_t drain_ms, Task done) {
    front_->start_draining();
    drain_done_ = std::move(done);
    drain_deadline_ms_ = shared_.clock.monotonic_ms() + std::max<std::int64_t>(drain_ms, 0);
    for (chat::PeerSessions* peer : peers_.all()) peer->drain();
    continue_drain();
  }

  // Looks again every few milliseconds: draining ends once in a server's life, and what it waits
  // for is spread over every connection.
  void continue_drain() {
    const std::int64_t now_ms = shared_.clock.monotonic_ms();
    const bool over = now_ms >= drain_deadline_ms_;
    if (over && !closed_rest_) {
      closed_rest_ = true;
      for (chat::PeerSessions* peer : peers_.all()) {
        peer->close_now(protocol::CloseCode::kGoingAway, "server shutting down");
      }
    }
    const bool quiet = peers_.empty() && front_->waiting() == 0;
    if (quiet || now_ms >= drain_deadline_ms_ + kCloseGraceMs) {
      Task done = std::move(drain_done_);
      done();
      return;
    }
    drain_timer_.start(loop_->timers(), now_ms + kDrainPollMs);
  }

  // On the shard's thread, as its last act.
  void finish() {
    mailbox_->drain();
    mailbox_->close();
    drain_timer_.cancel();
    watch_.reset();
    log_timer_.cancel();
    // Here and not in the destructor, so that the host hears of the last disconnects on the thread
    // that it hears everything on.
    front_->end_sessions();
    loop_->tell_all();
    loop_.reset();
  }

  // A callback of the host ended the thread (pthread_exit, a cancellation) and cut the loop short:
  // its connections end, and with them their sessions, and its mailbox takes nothing more, so that
  // nobody waits for it. The host hears of that on a thread of its own, because what runs here may
  // not be ended a second time; each callback that ends that one, too, costs one more.
  void abandon() {
    bool told = false;
    while (!told) {
      const auto tell = [this, &told] {
        thread_id_ = std::this_thread::get_id();
        end_everything();
        told = true;
      };
      try {
        const BlockedSignals blocked;
        std::thread(tell).join();
      } catch (const std::system_error&) {  // No thread is to be had.
        tell();
      }
    }
    loop_->abandon();
    static_cast<void>(loop_.release());
  }

  void end_everything() {
    mailbox_->close();
    drain_timer_.cancel();
    watch_.reset();
    log_timer_.cancel();
    if (!std::exchange(said_lost_, true)) {
      shared_.log.error(
          "a callback of the host ended the thread of an event loop; its connections are closed, "
          "and what it held is not freed");
    }
    front_->end_sessions();
    loop_->tell_all();
    if (Task done = std::move(drain_done_)) done();
  }

  const Shared shared_;
  ShardCounters& counters_;
  const std::size_t index_;
  const bool alone_;
  std::shared_ptr<Mailbox> mailbox_;
  const OtherShards neighbours_;
  std::unique_ptr<chat::History> history_;
  std::unique_ptr<auth::FilterChain> filters_;
  chat::SessionTable sessions_;
  chat::PeerTable peers_;
  HttpApi api_;
  Gate gate_;
  std::unique_ptr<chat::Environment> environment_;
  std::unique_ptr<chat::Namespaces> namespaces_;
  std::unique_ptr<EngineRelay> relay_;
  std::unique_ptr<Front> front_;
  // Closes its sockets, and with them their sessions, before what those use goes away.
  std::unique_ptr<net::Loop> loop_;
  std::string certificate_rule_;
  std::unique_ptr<RevocationWatch> watch_;  // On one shard for all.
  Timer drain_timer_{[this] {
    continue_drain();
  }};
  // On the first shard only.
  Timer log_timer_{[this] {
    say_left_out();
  }};
  Task drain_done_;
  std::int64_t drain_deadline_ms_ = 0;
  bool closed_rest_ = false;
  bool said_lost_ = false;
  std::atomic<bool> stopping_ = false;
  std::atomic<std::thread::id> thread_id_;
  std::thread thread_;
};

}  // namespace

Result<std::unique_ptr<Shard>> Shard::create(const Shared& shared, const Settings& settings,
                                             ShardCounters& counters, std::size_t index,
                                             std::size_t count) {
  auto shard = std::make_unique<ShardThread>(shared, settings, counters, index, count);
  if (Status opened = shard->open(settings); !opened.ok()) return opened;
  return std::unique_ptr<Shard>(std::move(shard));
}

}  // namespace securechat::server
