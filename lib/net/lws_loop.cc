#include "net/lws_loop.h"

#include <unistd.h>

#include <algorithm>
#include <string_view>
#include <utility>

#include "base/text.h"
#include "net/sigpipe_guard.h"
#include "net/tls_identity.h"

// The loop's life, its connections and their requests; its turns are in lws_turn.cc.
namespace securechat::net {

namespace {

void add_if_missing(HttpResponse& response, std::string_view name, std::string_view value) {
  for (const auto& header : response.headers) {
    if (equals_ignore_case(header.first, name)) return;
  }
  response.headers.emplace_back(name, value);
}

}  // namespace

Result<std::unique_ptr<Loop>> Loop::create(const LoopOptions& options, TransportHandler& handler,
                                           Task on_wake, const Clock& clock, Logger& log) {
  auto loop = std::make_unique<LwsLoop>(options, handler, std::move(on_wake), clock, log);
  if (Status status = loop->open(); !status.ok()) return status;
  return std::unique_ptr<Loop>(std::move(loop));
}

LwsLoop::LwsLoop(LoopOptions options, TransportHandler& handler, Task on_wake, const Clock& clock,
                 Logger& log)
    : options_(std::move(options)),
      counters_(options_.counters != nullptr ? options_.counters : &own_counters_),
      handler_(handler),
      on_wake_(std::move(on_wake)),
      clock_(clock),
      log_(log) {
  if (!options_.connection_count) {
    options_.connection_count = std::make_shared<ConnectionCount>();
  }
}

LwsLoop::~LwsLoop() {
  const SigpipeGuard guard(options_.tls.enabled());
  closing_ = true;
  listeners_.clear();
  tell_all();
  close_context();
  peers_.for_each([this](const auto& peer) { options_.connection_count->remove(peer->address()); });
  peers_ = {};
  close_uv();
}

void LwsLoop::tell_all() {
  peers_.for_each([](const auto& peer) {
    if (peer->socket() != nullptr) peer->socket()->set_cause(CloseCause::kLocal);
    peer->finish();
  });
}

void LwsLoop::set_tls_identity(std::shared_ptr<const TlsIdentity> identity) {
  if (!options_.tls.enabled() || !identity) return;
  const bool others_verify =
      identity->client_ca_digest() != options_.tls.identity->client_ca_digest();
  if (!context_->use_tls_identity(identity)) {
    log_.error("OpenSSL has no memory for the new certificate; the old one stays");
    return;
  }
  options_.tls.identity = std::move(identity);
  if (!others_verify) return;
  peers_.for_each([](const auto& peer) { peer->take_no_more_requests(); });
}

void LwsLoop::abandon() {
  listeners_.clear();
  peers_.for_each([this](const auto& peer) {
    if (peer->wsi() != nullptr) ::close(lws_get_socket_fd(peer->wsi()));
    options_.connection_count->remove(peer->address());
  });
}

// ---------------------------------------------------------------- opening and closing

Status LwsLoop::open() {
  if (options_.tls.enabled() && !options_.tls.identity) {
    Result<std::shared_ptr<const TlsIdentity>> identity = TlsIdentity::load(options_.tls);
    if (!identity.ok()) return identity.status();
    options_.tls.identity = std::move(*identity);
  }
  Result<Watcher> watcher = Watcher::create();
  if (!watcher.ok()) return watcher.status();
  watcher_ = std::move(*watcher);
  if (options_.force_poll) return open_on_poll();
  Status status = open_on_libuv();
  if (status.code() != Code::kUnsupported) return status;
  log_.warn(
      "libwebsockets cannot use libuv here; its poll loop costs more with every connection. "
      "Install libwebsockets-evlib-uv");
  return open_on_poll();
}

Status LwsLoop::open_on_libuv() {
  uv_ = std::make_unique<UvLoop>();
  if (uv_loop_init(&uv_->loop) != 0) {
    uv_.reset();
    return {Code::kUnsupported, "libuv cannot make a loop"};
  }
  uv_->loop.data = this;
  uv_timer_init(&uv_->loop, &uv_->timer);
  uv_prepare_init(&uv_->loop, &uv_->prepare);
  context_ = std::make_unique<LwsContext>(options_);
  Status status = context_->open(*this, &uv_->loop);
  if (!status.ok()) {
    close_context();
    close_uv();
    return status;
  }
  uv_prepare_start(&uv_->prepare, [](uv_prepare_t* handle) {
    static_cast<LwsLoop*>(handle->loop->data)->before_wait();
  });
  return watch();
}

Status LwsLoop::open_on_poll() {
  context_ = std::make_unique<LwsContext>(options_);
  if (Status status = context_->open(*this, nullptr); !status.ok()) return status;
  return watch();
}

Status LwsLoop::watch() {
  lws_sock_file_fd_type descriptor = {};
  descriptor.filefd = watcher_->duplicate();
  if (descriptor.filefd >= 0 &&
      lws_adopt_descriptor_vhost(context_->vhost(), LWS_ADOPT_RAW_FILE_DESC, descriptor, nullptr,
                                 nullptr) != nullptr) {
    return {};
  }
  return {Code::kNetwork, "libwebsockets does not take the watcher's descriptor"};
}

// On libuv everything is closed by callbacks of its loop, so it runs until the context is gone.
void LwsLoop::close_context() {
  if (!context_) return;
  lws_sul_cancel(&poll_timer_);
  if (!context_->close() && uv_) {
    uv_prepare_stop(&uv_->prepare);
    uv_timer_stop(&uv_->timer);
    for (int i = 0; i < 1'000 && uv_loop_alive(&uv_->loop) != 0; ++i) {
      uv_run(&uv_->loop, UV_RUN_NOWAIT);
    }
  }
  if (!context_->close()) log_.error("libwebsockets did not close its context");
  context_.reset();
}

void LwsLoop::close_uv() {
  if (!uv_) return;
  uv_close(reinterpret_cast<uv_handle_t*>(&uv_->timer), nullptr);
  uv_close(reinterpret_cast<uv_handle_t*>(&uv_->prepare), nullptr);
  for (int i = 0; i < 1'000 && uv_run(&uv_->loop, UV_RUN_NOWAIT) != 0; ++i) {
  }
  if (uv_loop_close(&uv_->loop) != 0) log_.error("a handle of libuv was left open");
  uv_.reset();
}

// ---------------------------------------------------------------- connections

Result<std::uint16_t> LwsLoop::listen(const std::string& host, std::uint16_t port) {
  const Listener::Environment environment{
      *watcher_, timers_, clock_, log_, counters(), [this](int descriptor, const IpAddress& peer) {
        accepted(descriptor, peer);
      }};
  auto opened = Listener::open(environment, host, port, options_.reuse_port);
  if (!opened.ok()) return opened.status();
  const std::uint16_t bound = opened->front()->port();
  for (auto& listener : *opened) listeners_.push_back(std::move(listener));
  return bound;
}

void LwsLoop::accepted(int descriptor, const IpAddress& address) {
  std::size_t limit = context_->connection_limit();
  if (limits().max_connections > 0) limit = std::min(limit, limits().max_connections);
  const bool shared = std::ranges::any_of(
      limits().shared_addresses, [&address](const Cidr& block) { return block.contains(address); });
  if (descriptor >= context_->descriptor_limit() ||
      (!shared && options_.admits && !options_.admits(address)) ||
      !options_.connection_count->add(address, limit, shared || address.is_loopback())) {
    counters().refused.add();
    ::close(descriptor);
    return;
  }
  counters().accepted.add();
  Peer* peer = add_peer(address);
  lws_adopt_desc_t adoption = {};
  adoption.vh = context_->vhost();
  adoption.type =
      static_cast<lws_adoption_type>(LWS_ADOPT_SOCKET | LWS_ADOPT_HTTP | LWS_ADOPT_ALLOW_SSL);
  adoption.fd.sockfd = descriptor;
  adoption.opaque = peer;
  adopted_ = nullptr;
  lws* wsi = lws_adopt_descriptor_vhost_via_info(&adoption);
  if (wsi == nullptr) {
    // The descriptor is closed. A wsi that was made is destroyed now or soon, and its peer with
    // it; without one there is nobody else to do that.
    if (adopted_ == nullptr) remove_peer(*peer);
    return;
  }
  peer->bind(wsi);
  lws_set_timeout(wsi, NO_PENDING_TIMEOUT, 0);
}

int LwsLoop::on_wsi_created(lws* wsi) {
  adopted_ = wsi;
  return 0;
}

int LwsLoop::on_wsi_destroyed(Peer& peer) {
  read_ahead_.forget(peer);
  if (peer.dirty()) {
    std::replace(dirty_.begin(), dirty_.end(), &peer, static_cast<Peer*>(nullptr));
    std::replace(flushing_.begin(), flushing_.end(), &peer, static_cast<Peer*>(nullptr));
  }
  remove_peer(peer);
  return 0;
}

Peer* LwsLoop::add_peer(const IpAddress& address) {
  auto peer = std::make_unique<Peer>(*this, address);
  Peer* added = peer.get();
  peers_.add(std::move(peer));
  counters().connections.add(1);
  return added;
}

void LwsLoop::remove_peer(Peer& peer) {
  // on_gone and on_close may look at the loop: the peer leaves the table first.
  const std::unique_ptr<Peer> last = peers_.take(&peer);
  if (last == nullptr) return;
  counters().connections.add(-1);
  options_.connection_count->remove(last->address());
  last->finish();  // Not left to the destructor, which a callback's forced unwind cannot leave.
}

void LwsLoop::set_waiting(const LwsSocket& socket, std::size_t bytes) {
  const auto found = waiting_bytes_.find(&socket);
  const std::size_t before = found == waiting_bytes_.end() ? 0 : found->second;
  if (bytes == before) return;
  counters().outbox_bytes.add(static_cast<std::int64_t>(bytes) - static_cast<std::int64_t>(before));
  if (bytes == 0) {
    waiting_bytes_.erase(found);
  } else {
    waiting_bytes_[&socket] = bytes;
  }
}

int LwsLoop::on_watcher_ready() {
  watcher_ready_ = true;
  return 0;
}

void LwsLoop::kill(lws* wsi) {
  lws_set_timeout(wsi, PENDING_TIMEOUT_AWAITING_PROXY_RESPONSE, LWS_TO_KILL_ASYNC);
  lws_cancel_service(context_->get());  // Else it waits for the next event.
}

void LwsLoop::close_idle() {
  peers_.for_each([](const auto& peer) {
    if (peer->idle()) peer->kill();
  });
}

// ---------------------------------------------------------------- exchanges

ExchangeId LwsLoop::new_exchange(Peer& peer) {
  exchanges_.emplace(++last_exchange_, &peer);
  return last_exchange_;
}

void LwsLoop::answer(ExchangeId id, HttpResponse response) {
  const auto found = exchanges_.find(id);
  if (found != exchanges_.end()) found->second->answer(id, std::move(response));
}

HttpResponse LwsLoop::fault(const RequestHead& head, int status) {
  HttpResponse response = handler_.on_fault(head, status);
  if (response.status == 405) add_if_missing(response, "Allow", "GET, HEAD, POST, OPTIONS");
  if (response.status == 426) {
    add_if_missing(response, "Sec-WebSocket-Version", "13");
    add_if_missing(response, "Upgrade", "websocket");
  }
  response.close = true;
  return response;
}

int LwsLoop::add_common_headers(lws* wsi, lws_process_html_args& args) const {
  auto* position = reinterpret_cast<unsigned char*>(args.p);
  unsigned char* end = position + args.max_len;
  for (std::size_t i = 0; i < options_.common_headers.size(); ++i) {
    const std::string& value = options_.common_headers[i].second;
    const char* name = context_->header_names()[i].c_str();
    if (lws_add_http_header_by_name(wsi, reinterpret_cast<const unsigned char*>(name),
                                    reinterpret_cast<const unsigned char*>(value.data()),
                                    static_cast<int>(value.size()), &position, end) != 0) {
      return -1;
    }
  }
  args.p = reinterpret_cast<char*>(position);
  return 0;
}

}  // namespace securechat::net
