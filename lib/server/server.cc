#include "server/server.h"

#include <algorithm>
#include <atomic>
#include <optional>
#include <utility>
#include <vector>

#include "audit/event.h"
#include "audit/file.h"
#include "audit/trail.h"
#include "base/secret.h"
#include "base/thread_annotations.h"
#include "net/tls_identity.h"
#include "server/accounts_runtime.h"
#include "server/callback_scope.h"
#include "server/options.h"
#include "server/registrations.h"
#include "server/settings.h"
#include "server/shard_set.h"

namespace securechat::server {
namespace {

// How long a sink of the audit log may hold up the end.
constexpr std::int64_t kAuditStopMs = 2'000;
constexpr std::int64_t kDayS = 86'400;
constexpr std::int64_t kCertificateWarningS = 14 * kDayS;

enum class State { kCreated, kRunning, kStopped };

Status not_running() {
  return {Code::kState, "the server is not running; start it first"};
}
Status from_callback() {
  return {Code::kState, "this call waits and would deadlock inside a callback of the server"};
}

std::string url_of(const Settings& settings, std::uint16_t port) {
  const bool v6 = settings.host.find(':') != std::string::npos;
  return (settings.loop.tls.enabled() ? "https://" : "http://") +
         (v6 ? "[" + settings.host + "]" : settings.host) + ":" + std::to_string(port);
}

class ServerImpl final : public Server {
 public:
  ServerImpl(const Config& config, Settings settings)
      : log_(clock_, settings.log_format, settings.log_level),
        config_(config),
        settings_(std::move(settings)),
        keyring_(settings_.keyring),
        payload_limit_(settings_.connection.payload_limit) {}

  ~ServerImpl() override { shut_down(0); }

  Status add_handshake_filter(std::string name, std::int32_t priority,
                              HandshakeHook hook) override {
    return before_start([&] {
      host_.add_filter(std::move(name), priority, scoped(this, std::move(hook)));
      return Status();
    });
  }
  Status declare_namespace(std::string name_or_pattern) override {
    return before_start([&] { return host_.declare_namespace(std::move(name_or_pattern)); });
  }
  Status on_message(MessageHook hook) override { return register_hook(host_.hooks.message, hook); }
  Status on_connect(SessionHook hook) override { return register_hook(host_.hooks.connect, hook); }
  Status on_disconnect(SessionHook hook) override {
    return register_hook(host_.hooks.disconnect, hook);
  }
  Status on_registration(RegistrationHook hook) override {
    return register_hook(host_.registration, hook);
  }
  Status on_event(std::string nsp, std::string event, MessageHook hook) override {
    hook = scoped(this, std::move(hook));
    return before_start(
        [&] { return host_.set_event_hook(std::move(nsp), std::move(event), hook); });
  }
  Status add_static(std::string path, std::string content_type, std::string body) override {
    return before_start(
        [&] { return host_.add_file(std::move(path), std::move(content_type), std::move(body)); });
  }

  void set_log(LogLevel level, Logger::Sink sink) override {
    log_.set_level(level);
    if (sink) sink = scoped(this, std::move(sink));
    log_.set_sink(std::move(sink));
  }

  Status set_audit(audit::Trail::Sink sink) override {
    if (sink) sink = scoped(this, std::move(sink));
    return trail_.set_sink(std::move(sink));
  }

  Status start() override {
    if (in_callback()) return from_callback();
    MutexLock lock(lifecycle_);
    if (state_ != State::kCreated) {
      return {Code::kState, "the server was started before; create another one"};
    }
    try {
      Status started = open_and_listen();
      if (!started.ok()) give_up_start();
      return started;
    } catch (...) {
      if (state_ == State::kCreated) give_up_start();
      throw;
    }
  }

  Status reload(const Config& config) override {
    if (in_callback()) return from_callback();
    bool new_keys = false;
    const Status reloaded = take_over(config, new_keys);
    // The reason may quote what somebody wrote into the file; the log of the server has it.
    if (reloaded.code() != Code::kState) {
      trail_.record({.name = audit::Name::kConfigReloaded,
                     .result = reloaded.ok() ? audit::Outcome::kOk : audit::Outcome::kRefused,
                     .reason = !reloaded.ok() ? "INVALID_CONFIGURATION"
                               : new_keys     ? "KEYS_CHANGED"
                                              : ""});
    }
    return reloaded;
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
    ShardSet* const shards = running_;
    return shards == nullptr ? not_running() : shards->emit(target, std::move(emission));
  }
  Status emit_with_ack(chat::SessionId session, chat::Emission emission, std::int64_t timeout_ms,
                       chat::AckDone done) override {
    return with_shard(session, [&](Shard& shard) {
      shard.ask(session, std::move(emission), timeout_ms, scoped(this, std::move(done)));
    });
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

  [[nodiscard]] std::size_t payload_limit() const override {
    MutexLock lock(published_);
    return payload_limit_;
  }

  Result<auth::Accounts*> accounts() override {
    if (in_callback()) return from_callback();
    MutexLock lock(lifecycle_);
    if (state_ == State::kStopped) return not_running();
    if (Status opened = open_runtime(); !opened.ok()) return opened;
    return &runtime_->accounts();
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
                               "a key of this server for this issuer and audience"};
  }

  Logger& log() override { return log_; }

  [[nodiscard]] bool in_callback() const override { return CallbackScope::inside(this); }

 private:
  template <typename Registration>
  Status before_start(Registration registration) {
    if (in_callback()) return from_callback();
    MutexLock lock(lifecycle_);
    if (state_ == State::kCreated) return registration();
    return {Code::kState, "register before the server is started"};
  }

  // What it replaces goes with `hook`, after the lock: its destroy function may call us.
  template <typename Hook>
  Status register_hook(Hook& slot, Hook& hook) {
    hook = scoped(this, std::move(hook));
    return before_start([&] {
      std::swap(slot, hook);
      return Status();
    });
  }

  template <typename Fn>
  Status with_shard(chat::SessionId session, Fn fn) {
    ShardSet* const shards = running_;
    return shards == nullptr ? not_running() : shards->with_shard(session, std::move(fn));
  }

  // The configuration in force with the new values of what may change while running; what else
  // differs is named and waits for a restart.
  Result<Config> reloadable_part(const Config& config) SECURECHAT_REQUIRES(lifecycle_) {
    Config effective = config_;
    const bool tls_toggled = config.text("tls.cert").empty() != config_.text("tls.cert").empty();
    for (const Option& option : option_table()) {
      const std::string value = *config.get(option.key);
      if (value == *config_.get(option.key)) continue;
      if (!option.reloadable || (tls_toggled && option.key.starts_with("tls."))) {
        log_.warn("an option changed that needs a restart", {{"option", option.key}});
      } else if (Status set = effective.set(option.key, value); !set.ok()) {
        return set;
      }
    }
    return effective;
  }

  // `new_keys`: whether what signs or verifies tokens is another than before.
  Status take_over(const Config& config, bool& new_keys) SECURECHAT_EXCLUDES(lifecycle_) {
    MutexLock lock(lifecycle_);
    if (state_ != State::kRunning) return not_running();
    if (Status valid = config.validate(); !valid.ok()) return valid;
    Result<Config> effective = reloadable_part(config);
    if (!effective.ok()) return effective.status();
    Result<Settings> settings = Settings::from(*effective);
    if (!settings.ok()) return settings.status();
    if (Status loaded = load_tls_identity(*settings); !loaded.ok()) return loaded;
    // The same path may name a new file by now: that is how the log is rotated.
    Result<std::unique_ptr<audit::File>> audit_file = trail_.open_file(settings->audit_file);
    if (!audit_file.ok()) return audit_file.status();
    if (*audit_file != nullptr || settings->audit_file.empty()) {
      if (Status used = trail_.use_file(std::move(*audit_file)); !used.ok()) return used;
    }
    auto shared = std::make_shared<const Settings>(std::move(*settings));
    log_.set_level(shared->log_level);
    log_.set_format(shared->log_format);
    runtime_->accounts().set_keyring(shared->keyring, shared->accounts);
    shards_->apply(shared);
    new_keys = shared->keyring->mark != settings_.keyring->mark;
    config_ = std::move(*effective);
    settings_ = *shared;
    publish_settings();
    log_.info(new_keys ? "the configuration was reloaded, with other keys of tokens"
                       : "the configuration was reloaded");
    return {};
  }

  // The files may have changed though their names have not: that is how a certificate is renewed.
  Status load_tls_identity(Settings& settings) {
    net::TlsOptions& tls = settings.loop.tls;
    if (!tls.enabled()) return {};
    Result<std::shared_ptr<const net::TlsIdentity>> identity = net::TlsIdentity::load(tls);
    if (!identity.ok()) return identity.status();
    tls.identity = std::move(*identity);
    const std::int64_t left_s = tls.identity->expires_at_s() - clock_.unix_seconds();
    if (left_s < kCertificateWarningS) {
      log_.warn(left_s < 0 ? "the certificate has expired; renew it and reload"
                           : "the certificate expires soon; renew it and reload",
                {{"tls.cert", tls.cert_path}, {"days_left", left_s / kDayS}});
    }
    return {};
  }

  Status open_audit() SECURECHAT_REQUIRES(lifecycle_) {
    Secret key = Secret::take(config_.text("log.audit_key"));
    Status ready = trail_.configure(key.view(), settings_.audit_truncate);
    if (!ready.ok() || settings_.audit_file.empty()) return ready;
    Result<std::unique_ptr<audit::File>> file = trail_.open_file(settings_.audit_file);
    if (!file.ok()) return file.status();
    if (*file == nullptr) return {};  // Open since a start that failed.
    return trail_.use_file(std::move(*file));
  }

  Status open_runtime() SECURECHAT_REQUIRES(lifecycle_) {
    if (runtime_) return {};
    Result<std::unique_ptr<AccountsRuntime>> runtime = AccountsRuntime::open(
        settings_,
        [this](const std::vector<std::string>& sids) {
          if (ShardSet* const shards = running_) shards->revoke(sids);
        },
        clock_, log_);
    if (!runtime.ok()) return runtime.status();
    runtime_ = std::move(*runtime);
    return {};
  }

  Status load_files() SECURECHAT_REQUIRES(lifecycle_) {
    if (!settings_.static_dir.empty()) {
      host_.files = StaticFiles();
      if (Status loaded = host_.files.load(settings_.static_dir); !loaded.ok()) return loaded;
    }
    if (settings_.engine_client_dir.empty()) return {};
    return host_.files.load_client_bundle(settings_.engine_client_dir, settings_.engine_path);
  }

  Status open_and_listen() SECURECHAT_REQUIRES(lifecycle_) {
    if (settings_.accounts.enumeration_safe && !host_.registration) {
      return {Code::kInvalid,
              "auth.enumeration_safe needs a host that mails: nobody else could tell people what "
              "came of their registration; call securechat_server_on_registration, or turn it off"};
    }
    if (Status loaded = load_files(); !loaded.ok()) return loaded;
    if (Status loaded = load_tls_identity(settings_); !loaded.ok()) return loaded;
    if (Status opened = open_audit(); !opened.ok()) return opened;
    if (Status opened = open_runtime(); !opened.ok()) return opened;
    shards_ = std::make_unique<ShardSet>(
        ShardSet::Parts{clock_, log_, trail_, runtime_->database(), runtime_->accounts(), host_,
                        runtime_->hashing()},
        settings_);
    const Result<std::uint16_t> port = shards_->listen(settings_);
    if (!port.ok()) return port.status();
    const std::string url = url_of(settings_, *port);
    publish_url(url);
    for (const std::string& warning : config_.warnings()) log_.warn(warning);
    running_ = shards_.get();  // Before the first callback can ask.
    shards_->run();
    state_ = State::kRunning;
    log_.info("the server listens", {{"url", url}});
    trail_.record({.name = audit::Name::kServerStart, .result = audit::Outcome::kOk});
    return {};
  }

  // Accounts stay open: another thread may be using them, and they work without a listener.
  void give_up_start() SECURECHAT_REQUIRES(lifecycle_) {
    running_ = nullptr;
    if (shards_) shards_->drain(0);
    shards_.reset();
  }

  // Peers first, then what they wait for, then the loop: what storage still answers finds the
  // shard's mailbox open, and its objects alive.
  void shut_down(std::int32_t drain_ms) SECURECHAT_EXCLUDES(lifecycle_) {
    MutexLock lock(lifecycle_);
    if (state_ == State::kStopped) return;
    if (shards_) shards_->drain(drain_ms);
    running_ = nullptr;
    if (runtime_) runtime_->close();
    if (shards_) shards_->stop();
    if (state_ == State::kRunning) {
      log_.info("the server stopped");
      trail_.record({.name = audit::Name::kServerStop, .result = audit::Outcome::kOk});
    }
    trail_.stop(kAuditStopMs);
    log_.say_left_out(true);
    state_ = State::kStopped;
    publish_url({});
  }

  void publish_url(std::string url) SECURECHAT_EXCLUDES(published_) {
    MutexLock lock(published_);
    url_ = std::move(url);
  }
  void publish_settings() SECURECHAT_REQUIRES(lifecycle_) SECURECHAT_EXCLUDES(published_) {
    MutexLock lock(published_);
    keyring_ = settings_.keyring;
    payload_limit_ = settings_.connection.payload_limit;
  }

  SystemClock clock_;
  Logger log_;
  audit::Trail trail_{clock_, log_};
  mutable Mutex lifecycle_;
  State state_ SECURECHAT_GUARDED_BY(lifecycle_) = State::kCreated;
  Config config_ SECURECHAT_GUARDED_BY(lifecycle_);
  Settings settings_ SECURECHAT_GUARDED_BY(lifecycle_);
  // What any thread may ask for, also inside a callback while the server is being stopped.
  mutable Mutex published_;
  std::string url_ SECURECHAT_GUARDED_BY(published_);
  std::shared_ptr<const auth::Keyring> keyring_ SECURECHAT_GUARDED_BY(published_);
  std::size_t payload_limit_ SECURECHAT_GUARDED_BY(published_) = 0;
  Registrations host_;  // Written before the start only, read by the shards afterwards.
  // The shards while they may be spoken to. They live on until the server is destroyed, so that a
  // thread that has read this may go on.
  std::atomic<ShardSet*> running_ = nullptr;
  std::unique_ptr<AccountsRuntime> runtime_ SECURECHAT_GUARDED_BY(lifecycle_);
  std::unique_ptr<ShardSet> shards_ SECURECHAT_GUARDED_BY(lifecycle_);
};

}  // namespace

Result<std::unique_ptr<Server>> Server::create(const Config& config) {
  Result<Settings> settings = Settings::from(config);
  if (!settings.ok()) return settings.status();
  return std::unique_ptr<Server>(std::make_unique<ServerImpl>(config, std::move(*settings)));
}

}  // namespace securechat::server
