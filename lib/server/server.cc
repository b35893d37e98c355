#include "server/server.h"

#include <algorithm>
#include <atomic>
#include <future>
#include <span>
#include <utility>
#include <vector>

#include "base/thread_annotations.h"
#include "chat/events.h"
#include "chat/namespaces.h"
#include "net/connection_count.h"
#include "server/accounts_runtime.h"
#include "server/callback_scope.h"
#include "server/options.h"
#include "server/rate_limits.h"
#include "server/settings.h"
#include "server/shard.h"
#include "server/shard_ports.h"
#include "server/static_files.h"

namespace securechat::server {
namespace {

enum class State { kCreated, kRunning, kStopped };

constexpr std::size_t kRememberedPerRoom = 1'000;

std::shared_ptr<chat::MemoryStore> make_memory(const Settings& settings) {
  if (settings.chat_history == "durable") return nullptr;
  return std::make_shared<chat::MemoryStore>(kRememberedPerRoom, settings.chat_history == "memory");
}

Status not_running() {
  return {Code::kState, "the server is not running; start it first"};
}
Status from_callback() {
  return {Code::kState, "this call waits and would deadlock inside a callback of the server"};
}

class ServerImpl final : public Server {
 public:
  ServerImpl(const Config& config, Settings settings)
      : log_(clock_, settings.log_format, settings.log_level),
        config_(config),
        settings_(std::move(settings)),
        keyring_(settings_.keyring),
        payload_limit_(settings_.connection.payload_limit),
        rates_(settings_),
        lost_sessions_(settings_.recovery_window_ms) {}

  ~ServerImpl() override { shut_down(0); }

  Status add_handshake_filter(std::string name, std::int32_t priority,
                              HandshakeHook hook) override {
    if (in_callback()) return from_callback();
    MutexLock lock(lifecycle_);
    if (Status open = registration_open(); !open.ok()) return open;
    host_filters_.push_back({std::move(name), priority, scoped(std::move(hook))});
    std::stable_sort(host_filters_.begin(), host_filters_.end(),
                     [](const auth::HostFilter& a, const auth::HostFilter& b) {
                       return a.priority < b.priority;
                     });
    return {};
  }

  Status on_message(MessageHook hook) override { return register_hook(hooks_.message, hook); }
  Status declare_namespace(std::string name) override {
    if (Status valid = chat::check_namespace(name); !valid.ok()) return valid;
    if (in_callback()) return from_callback();
    MutexLock lock(lifecycle_);
    if (Status open = registration_open(); !open.ok()) return open;
    if (is_declared(name)) {
      return {Code::kExists, "the namespace \"" + name + "\" is declared already"};
    }
    namespaces_.push_back(std::move(name));
    return {};
  }

  Status on_event(std::string nsp, std::string event, MessageHook hook) override {
    if (chat::is_builtin_event(event)) {
      return {Code::kInvalid, "\"" + event + "\" is an event of the server itself"};
    }
    if (in_callback()) return from_callback();
    MessageHook replaced;  // Goes after the lock: its destroy function may call us.
    MutexLock lock(lifecycle_);
    if (Status open = registration_open(); !open.ok()) return open;
    if (!is_declared(nsp)) {
      return {Code::kInvalid, "the namespace \"" + nsp + "\" is not declared; declare it first"};
    }
    replaced =
        std::exchange(hooks_.events[{std::move(nsp), std::move(event)}], scoped(std::move(hook)));
    return {};
  }

  Status on_connect(SessionHook hook) override { return register_hook(hooks_.connect, hook); }
  Status on_disconnect(SessionHook hook) override { return register_hook(hooks_.disconnect, hook); }

  Status add_static(std::string path, std::string content_type, std::string body) override {
    if (!path.starts_with('/')) {
      return {Code::kInvalid, "the path of a static file begins with \"/\", got \"" + path + "\""};
    }
    if (in_callback()) return from_callback();
    MutexLock lock(lifecycle_);
    if (Status open = registration_open(); !open.ok()) return open;
    files_.add(std::move(path), std::move(content_type), std::move(body));
    return {};
  }

  void set_log(LogLevel level, Logger::Sink sink) override {
    log_.set_level(level);
    if (sink) sink = scoped(std::move(sink));
    log_.set_sink(std::move(sink));
  }

  Status start() override {
    if (in_callback()) return from_callback();
    MutexLock lock(lifecycle_);
    if (state_ != State::kCreated) {
      return {Code::kState, "the server was started before; create another one"};
    }
    // Accounts stay open: another thread may be using them, and they work without a listener.
    try {
      Status started = open_and_listen();
      if (!started.ok()) close_shards();
      return started;
    } catch (...) {
      if (state_ == State::kCreated) close_shards();
      throw;
    }
  }

  Status reload(const Config& config) override {
    if (in_callback()) return from_callback();
    if (Status valid = config.validate(); !valid.ok()) return valid;
    MutexLock lock(lifecycle_);
    if (state_ != State::kRunning) return not_running();
    Result<Config> effective = reloadable_part(config);
    if (!effective.ok()) return effective.status();
    Result<Settings> settings = Settings::from(*effective);
    if (!settings.ok()) return settings.status();
    auto shared = std::make_shared<const Settings>(std::move(*settings));
    log_.set_level(shared->log_level);
    log_.set_format(shared->log_format);
    runtime_->accounts().set_keyring(shared->keyring, shared->accounts);
    rates_.configure(*shared);
    for (const auto& shard : shards_) shard->apply(shared);
    config_ = std::move(*effective);
    settings_ = *shared;
    publish(std::string(*url()));
    log_.info("the configuration was reloaded");
    return {};
  }

  Status stop(std::int32_t drain_ms) override {
    if (in_callback()) return from_callback();
    shut_down(drain_ms);
    return {};
  }

  Result<std::string> url() const override {
    MutexLock lock(published_);
    if (url_.empty()) return not_running();
    return url_;
  }

  Status emit(const chat::Target& target, chat::Emission emission) override {
    if (!running_) return not_running();
    const auto shared = std::make_shared<const chat::Emission>(std::move(emission));
    if (target.session != 0) {
      return with_shard(target.session, [&](Shard& shard) { shard.emit(target, shared); });
    }
    for (Shard* shard : running_shards()) shard->emit(target, shared);
    return {};
  }

  Status emit_with_ack(chat::SessionId session, std::string_view event, std::string_view args,
                       std::int64_t timeout_ms, chat::AckDone done) override {
    return with_shard(session, [&](Shard& shard) {
      shard.ask(session, std::string(event), std::string(args), timeout_ms,
                scoped(std::move(done)));
    });
  }

  [[nodiscard]] std::size_t payload_limit() const override {
    MutexLock lock(published_);
    return payload_limit_;
  }

  Status join(chat::SessionId session, std::string_view room) override {
    return with_shard(session, [&](Shard& shard) { shard.join(session, std::string(room)); });
  }
  Status leave(chat::SessionId session, std::string_view room) override {
    return with_shard(session, [&](Shard& shard) { shard.leave(session, std::string(room)); });
  }
  Status disconnect(chat::SessionId session, std::string_view reason) override {
    return with_shard(session,
                      [&](Shard& shard) { shard.disconnect(session, std::string(reason)); });
  }

  Result<std::string> create_user(std::string_view username, std::string_view email,
                                  std::string_view password) override {
    return with_accounts([&](auth::Accounts& accounts) -> Result<std::string> {
      Result<storage::User> user =
          accounts.create_user(std::string(username), std::string(email), Secret(password), "user");
      if (!user.ok()) return user.status();
      return user->id;
    });
  }
  Result<storage::User> find_user(std::string_view who) override {
    return with_accounts([&](auth::Accounts& accounts) { return accounts.find_user(who); });
  }
  Result<std::vector<storage::User>> list_users() override {
    return with_accounts([](auth::Accounts& accounts) { return accounts.list_users(); });
  }
  Status set_user_role(std::string_view id, std::string_view role) override {
    return with_accounts([&](auth::Accounts& accounts) {
      return accounts.set_role(std::string(id), std::string(role));
    });
  }
  Status set_user_enabled(std::string_view id, bool enabled) override {
    return with_accounts(
        [&](auth::Accounts& accounts) { return accounts.set_enabled(std::string(id), enabled); });
  }
  Status set_user_password(std::string_view id, std::string_view password) override {
    return with_accounts([&](auth::Accounts& accounts) {
      return accounts.set_password(std::string(id), Secret(password));
    });
  }
  Status remove_user(std::string_view id) override {
    return with_accounts(
        [&](auth::Accounts& accounts) { return accounts.remove_user(std::string(id)); });
  }
  Result<std::string> issue_token(std::string_view id, std::int64_t ttl_s) override {
    return with_accounts(
        [&](auth::Accounts& accounts) { return accounts.issue_token(std::string(id), ttl_s); });
  }
  Result<std::string> verify_token(std::string_view token) override {
    std::shared_ptr<const auth::Keyring> keyring;
    {
      MutexLock lock(published_);
      keyring = keyring_;
    }
    auth::Verified verified =
        keyring->tokens->verify(auth::TokenUse::kAccess, token, clock_.unix_seconds());
    if (verified.fault == auth::Fault::kNone) return std::move(verified.claims.json);
    return {Code::kAuth, verified.fault == auth::Fault::kTokenExpired
                             ? "TOKEN_EXPIRED: the token's signature is good, but it has expired"
                             : "INVALID_TOKEN: the token is malformed, or not signed with "
                               "auth.jwt_secret for this issuer and audience"};
  }

  Logger& log() override { return log_; }

  [[nodiscard]] bool in_callback() const override { return CallbackScope::inside(this); }

 private:
  static Status gone() { return {Code::kNotFound, "the session has ended"}; }

  Status registration_open() const SECURECHAT_REQUIRES(lifecycle_) {
    if (state_ == State::kCreated) return {};
    return {Code::kState, "register before the server is started"};
  }

  [[nodiscard]] bool is_declared(std::string_view nsp) const SECURECHAT_REQUIRES(lifecycle_) {
    return nsp == "/" || std::ranges::find(namespaces_, nsp) != namespaces_.end();
  }

  // The configuration in force with the new values of what may change while running; what else
  // differs is named and waits for a restart.
  Result<Config> reloadable_part(const Config& config) SECURECHAT_REQUIRES(lifecycle_) {
    Config effective = config_;
    for (const Option& option : option_table()) {
      const std::string value = *config.get(option.key);
      if (value == *config_.get(option.key)) continue;
      if (!option.reloadable) {
        log_.warn("an option changed that needs a restart", {{"option", option.key}});
      } else if (Status set = effective.set(option.key, value); !set.ok()) {
        return set;
      }
    }
    return effective;
  }

  template <typename Hook>
  Status register_hook(Hook& slot, Hook& hook) {
    if (in_callback()) return from_callback();
    MutexLock lock(lifecycle_);
    if (Status open = registration_open(); !open.ok()) return open;
    // What it replaces goes with `hook`, after the lock: its destroy function may call us.
    Hook replaced = std::exchange(slot, scoped(std::move(hook)));
    hook = std::move(replaced);
    return {};
  }

  // The hook, marked so that what it may not call is refused.
  template <typename R, typename... Args>
  UniqueFunction<R(Args...)> scoped(UniqueFunction<R(Args...)> hook) {
    return [this, hook = std::move(hook)](Args... args) mutable -> R {
      const CallbackScope scope(this);
      return hook(std::forward<Args>(args)...);
    };
  }

  Status open_runtime() SECURECHAT_REQUIRES(lifecycle_) {
    if (runtime_) return {};
    Result<std::unique_ptr<AccountsRuntime>> runtime = AccountsRuntime::open(
        settings_,
        [this](const std::vector<std::string>& sids) {
          for (Shard* shard : running_shards()) shard->revoke(sids);
        },
        clock_, log_);
    if (!runtime.ok()) return runtime.status();
    runtime_ = std::move(*runtime);
    return {};
  }

  Status open_and_listen() SECURECHAT_REQUIRES(lifecycle_) {
    if (!settings_.static_dir.empty()) {
      files_ = StaticFiles();
      if (Status loaded = files_.load(settings_.static_dir); !loaded.ok()) return loaded;
    }
    if (!settings_.engine_client_dir.empty()) {
      Status loaded = files_.load_client_bundle(settings_.engine_client_dir, settings_.engine_path);
      if (!loaded.ok()) return loaded;
    }
    if (Status opened = open_runtime(); !opened.ok()) return opened;
    if (Status loaded = load_lost_sessions(); !loaded.ok()) return loaded;
    const Result<std::uint16_t> port = open_shards();
    if (!port.ok()) return port.status();
    const bool v6 = settings_.host.find(':') != std::string::npos;
    const std::string url = (settings_.loop.tls.enabled() ? "https://" : "http://") +
                            (v6 ? "[" + settings_.host + "]" : settings_.host) + ":" +
                            std::to_string(*port);
    publish(url);
    warn_at_start();
    running_.store(true);  // Before the first callback can ask.
    for (const auto& shard : shards_) shard->run();
    state_ = State::kRunning;
    log_.info("the server listens", {{"url", url}});
    return {};
  }

  // All shards stand before one of them runs. The first picks the port, the others share it.
  Result<std::uint16_t> open_shards() SECURECHAT_REQUIRES(lifecycle_) {
    const Shard::Shared shared{clock_,
                               log_,
                               runtime_->database(),
                               runtime_->accounts(),
                               host_filters_,
                               hooks_,
                               namespaces_,
                               live_sessions_,
                               files_,
                               rates_,
                               presence_,
                               make_memory(settings_),
                               lost_sessions_,
                               position_,
                               ports_,
                               engine_directory_,
                               std::make_shared<net::ConnectionCount>(),
                               http_waiting_};
    std::uint16_t port = settings_.port;
    for (std::size_t i = 0; i < settings_.threads; ++i) {
      Result<std::unique_ptr<Shard>> shard = Shard::create(shared, settings_, i, settings_.threads);
      if (!shard.ok()) return shard.status();
      shards_.push_back(std::move(*shard));
      const Result<std::uint16_t> bound = shards_.back()->listen(settings_.host, port);
      if (!bound.ok()) return bound.status();
      port = *bound;
    }
    for (const auto& shard : shards_) shard_pointers_.push_back(shard.get());
    shards_open_.store(true, std::memory_order_release);
    return port;
  }

  void close_shards() SECURECHAT_REQUIRES(lifecycle_) {
    shards_open_.store(false);
    running_.store(false);
    shard_pointers_.clear();
    shards_.clear();
    ports_ = ShardPorts();
  }

  // For calls from any thread; empty before the shards stand. They live as long as the server.
  [[nodiscard]] std::span<Shard* const> running_shards() const {
    if (!shards_open_.load(std::memory_order_acquire)) return {};
    return shard_pointers_;
  }

  void warn_at_start() SECURECHAT_REQUIRES(lifecycle_) {
    for (const std::string& warning : config_.warnings()) log_.warn(warning);
  }

  // What an earlier run left for its clients to take up, and where the order of commits stands.
  Status load_lost_sessions() SECURECHAT_REQUIRES(lifecycle_) {
    if (settings_.chat_history != "durable") return {};
    std::vector<storage::RecoverySession> stored;
    std::int64_t position = 0;
    const std::int64_t since_ms = clock_.unix_ms() - settings_.recovery_window_ms;
    Status status = runtime_->database().write_and_wait([&](storage::Stores& stores) -> Status {
      Result<std::int64_t> newest = stores.messages.newest_commit();
      if (!newest.ok()) return newest.status();
      position = *newest;
      Result<std::vector<storage::RecoverySession>> taken = stores.recoveries.take_all(since_ms);
      if (!taken.ok()) return taken.status();
      stored = std::move(*taken);
      return {};
    });
    if (!status.ok()) return status;
    position_ = position;
    for (const storage::RecoverySession& session : stored) {
      if (auto lost = chat::from_storage(session)) lost_sessions_.keep(std::move(*lost));
    }
    return {};
  }

  // Once every connection has ended. Their clients find the next run within the window, or not.
  void save_lost_sessions() SECURECHAT_REQUIRES(lifecycle_) {
    const std::vector<chat::LostSession> lost = lost_sessions_.take_all();
    if (lost.empty() || !runtime_ || settings_.chat_history != "durable") return;
    const Status saved =
        runtime_->database().write_and_wait([&lost](storage::Stores& stores) -> Status {
          for (const chat::LostSession& session : lost) {
            if (Status s = stores.recoveries.save(chat::to_storage(session)); !s.ok()) return s;
          }
          return {};
        });
    if (!saved.ok()) {
      log_.warn("sessions cannot be recovered after the restart", {{"reason", saved.message()}});
    }
  }

  // Peers first, then what they wait for, then the loop: what storage still answers finds the
  // shard's mailbox open, and its objects alive.
  void shut_down(std::int32_t drain_ms) SECURECHAT_EXCLUDES(lifecycle_) {
    MutexLock lock(lifecycle_);
    if (state_ == State::kStopped) return;
    std::vector<std::future<void>> drains;
    for (const auto& shard : shards_) drains.push_back(shard->drain(drain_ms));
    for (const std::future<void>& drained : drains) drained.wait();
    running_.store(false);
    save_lost_sessions();
    if (runtime_) runtime_->close();
    // A loop that ends gives descriptors back, one of them twice with libwebsockets 4.1: no other
    // loop may be given it in between.
    std::vector<std::future<void>> silenced;
    for (const auto& shard : shards_) silenced.push_back(shard->stop_listening());
    for (const std::future<void>& done : silenced) done.wait();
    for (const auto& shard : shards_) shard->stop();
    if (state_ == State::kRunning) log_.info("the server stopped");
    state_ = State::kStopped;
    publish({});
  }

  void publish(std::string url) SECURECHAT_REQUIRES(lifecycle_) SECURECHAT_EXCLUDES(published_) {
    MutexLock lock(published_);
    url_ = std::move(url);
    keyring_ = settings_.keyring;
    payload_limit_ = settings_.connection.payload_limit;
  }

  template <typename Fn>
  Status with_shard(chat::SessionId session, Fn fn) {
    if (!running_) return not_running();
    if (!live_sessions_.contains(session)) return gone();
    fn(*running_shards()[chat::SessionTable::shard_of(session)]);
    return {};
  }

  // Accounts work before start too; the database is then opened by the first call.
  template <typename Fn>
  auto with_accounts(Fn fn) -> decltype(fn(std::declval<auth::Accounts&>())) {
    if (in_callback()) return from_callback();
    auth::Accounts* accounts = nullptr;
    {
      MutexLock lock(lifecycle_);
      if (state_ == State::kStopped) return not_running();
      if (Status opened = open_runtime(); !opened.ok()) return opened;
      accounts = &runtime_->accounts();
    }
    return fn(*accounts);
  }

  SystemClock clock_;
  Logger log_;
  mutable Mutex lifecycle_;
  State state_ SECURECHAT_GUARDED_BY(lifecycle_) = State::kCreated;
  Config config_ SECURECHAT_GUARDED_BY(lifecycle_);
  Settings settings_ SECURECHAT_GUARDED_BY(lifecycle_);
  // What any thread may ask for, also inside a callback while the server is being stopped.
  mutable Mutex published_;
  std::string url_ SECURECHAT_GUARDED_BY(published_);
  std::shared_ptr<const auth::Keyring> keyring_ SECURECHAT_GUARDED_BY(published_);
  std::size_t payload_limit_ SECURECHAT_GUARDED_BY(published_) = 0;
  // Written before start only, read by the shard afterwards.
  std::vector<auth::HostFilter> host_filters_;
  chat::Hooks hooks_;
  std::vector<std::string> namespaces_;
  StaticFiles files_;
  chat::LiveSessions live_sessions_;
  std::unique_ptr<AccountsRuntime> runtime_ SECURECHAT_GUARDED_BY(lifecycle_);
  RateLimits rates_;
  chat::Presence presence_;
  chat::RecoveryTable lost_sessions_;
  std::int64_t position_ SECURECHAT_GUARDED_BY(lifecycle_) = 0;
  ShardPorts ports_;  // Filled before the shards run.
  connection::EngineDirectory engine_directory_;
  std::atomic<std::size_t> http_waiting_ = 0;
  std::vector<std::unique_ptr<Shard>> shards_ SECURECHAT_GUARDED_BY(lifecycle_);
  std::vector<Shard*> shard_pointers_;  // Not changed while shards_open_ is set.
  std::atomic<bool> shards_open_ = false;
  std::atomic<bool> running_ = false;
};

}  // namespace

Result<std::unique_ptr<Server>> Server::create(const Config& config) {
  Result<Settings> settings = Settings::from(config);
  if (!settings.ok()) return settings.status();
  return std::unique_ptr<Server>(std::make_unique<ServerImpl>(config, std::move(*settings)));
}

}  // namespace securechat::server
