#include "net/lws_context.h"

#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "net/lws_extension.h"
#include "net/lws_protocol.h"
#include "net/lws_request.h"
#include "net/read_ahead.h"
#include "net/tls_identity.h"

namespace securechat::net {

namespace {

// The timeouts of libwebsockets count whole seconds and are kept in a sorted list; ours do the
// work, so that its own never come first.
constexpr unsigned kNoTimeoutSeconds = 30U * 24 * 3600;
constexpr unsigned kServiceBuffer = 8'192;
constexpr std::size_t kMaxCommonHeaderBytes = 4'096;
// Above this libwebsockets 4.1 takes the limit for nonsense and makes tables of 2,560.
constexpr long kUnreasonableDescriptors = 10'000'000;
constexpr int kFallbackDescriptors = 2'560;
constexpr std::size_t kReservedDescriptors = 8;

// All zero: no pings and no validity timers of libwebsockets.
constexpr lws_retry_bo_t kNoKeepalive = {};

// The name of the first protocol, that of plain HTTP. No peer can ask for it as a subprotocol: it
// is no token.
constexpr const char* kHttpProtocol = "http (not a subprotocol)";

// lws_create_context() ignores SIGPIPE for the whole process; what the host had is put back.
class KeptSigpipe {
 public:
  KeptSigpipe() { ::sigaction(SIGPIPE, nullptr, &before_); }
  ~KeptSigpipe() { ::sigaction(SIGPIPE, &before_, nullptr); }
  KeptSigpipe(const KeptSigpipe&) = delete;
  KeptSigpipe& operator=(const KeptSigpipe&) = delete;

 private:
  struct sigaction before_ = {};
};

// There is no way to ask for the level but bit by bit (from 4.3 on the answer is yes or no), and
// none to ask for the sink. Exactly the level that the library starts with means that nobody has
// chosen one.
void silence_default_log() {
  constexpr int kDefault = LLL_ERR | LLL_WARN | LLL_NOTICE;
  int level = 0;
  for (int bit = 0; bit < LLL_COUNT; ++bit) {
    if (lwsl_visible(1 << bit) != 0) level |= 1 << bit;
  }
  if (level == kDefault) lws_set_log_level(0, nullptr);
}

int descriptor_table_size() {
  const long limit = ::sysconf(_SC_OPEN_MAX);
  return limit < 0 || limit > kUnreasonableDescriptors ? kFallbackDescriptors
                                                       : static_cast<int>(limit);
}

}  // namespace

// "4.1.6-hash-or-tag": the rest is of the packager's making.
std::string loop_version() {
  const std::string_view version = lws_get_library_version();
  return std::string(version.substr(0, version.find_first_of(" -")));
}

LwsContext::LwsContext(const LoopOptions& options)
    : options_(options), identity_(options.tls.identity) {
  for (std::size_t i = 0; i < 2; ++i) {
    protocols_[i].name = i == 0 ? kHttpProtocol : options_.subprotocol.c_str();
    protocols_[i].callback = on_lws_event;
    protocols_[i].rx_buffer_size = ReadAhead::kBufferBytes;  // Allocated for each socket.
    protocols_[i].tx_packet_size = 65'536;  // Else one write takes as little as one read.
  }
  if (options_.subprotocol.empty()) protocols_[1] = {};
  for (const auto& header : options_.common_headers) header_names_.push_back(header.first + ":");
  headers_.resize(header_names_.size());
  for (std::size_t i = 0; i < headers_.size(); ++i) {
    headers_[i].next = i + 1 < headers_.size() ? &headers_[i + 1] : nullptr;
    headers_[i].options = nullptr;
    headers_[i].name = header_names_[i].c_str();
    headers_[i].value = options_.common_headers[i].second.c_str();
  }
}

LwsContext::~LwsContext() {
  close();
}

lws_context_creation_info LwsContext::make_info(LwsLoop& owner) {
  lws_context_creation_info info = {};
  info.port = CONTEXT_PORT_NO_LISTEN_SERVER;
  info.protocols = protocols_.data();
  info.headers = headers_.empty() ? nullptr : headers_.data();
  if (options_.deflate) info.extensions = deflate_extensions();
  info.options = LWS_SERVER_OPTION_EXPLICIT_VHOSTS;  // UTF-8: see IncomingMessage.
  info.user = &owner;
  info.pcontext = &context_;
  info.retry_and_idle_policy = &kNoKeepalive;
  info.timeout_secs = kNoTimeoutSeconds;
  info.timeout_secs_ah_idle = kNoTimeoutSeconds;
  info.keepalive_timeout = static_cast<int>(kNoTimeoutSeconds);
  info.max_http_header_data = kHeadRegionBytes;
  info.pt_serv_buf_size = kServiceBuffer;
  if (options_.max_descriptors > 0) {
    info.fd_limit_per_thread = static_cast<unsigned>(options_.max_descriptors);
  }
  apply_tls(options_.tls, info);
  return info;
}

Status LwsContext::open(LwsLoop& owner, void* uv_loop) {
  std::size_t header_bytes = 0;
  for (const auto& [name, value] : options_.common_headers) {
    header_bytes += name.size() + value.size() + 4;
  }
  if (header_bytes > kMaxCommonHeaderBytes) {
    return {Code::kInvalid, "the headers that every answer carries are longer than 4096 bytes"};
  }
  if (options_.deflate && !kLwsHasExtensions) {
    return {Code::kUnsupported, "libwebsockets was built without extensions, which deflate needs"};
  }
  if (options_.quiet_lws) silence_default_log();
  const KeptSigpipe kept;
  lws_context_creation_info info = make_info(owner);
  void* foreign_loops[1] = {uv_loop};
  if (uv_loop != nullptr) {
    info.options |= LWS_SERVER_OPTION_LIBUV;
    info.foreign_loops = foreign_loops;
  }
  context_ = lws_create_context(&info);
  if (context_ == nullptr) {
    return {uv_loop != nullptr ? Code::kUnsupported : Code::kNetwork,
            "libwebsockets cannot make a context"};
  }
  wake_descriptor_.find(*context_);
  descriptor_limit_ = descriptor_table_size();
  connection_limit_ = static_cast<std::size_t>(descriptor_limit_);
  if (options_.max_descriptors > 0) {
    connection_limit_ = std::min(connection_limit_, options_.max_descriptors);
  }
  // libwebsockets itself uses a few, and refuses the last ones.
  connection_limit_ -= std::min(connection_limit_, kReservedDescriptors);
  vhost_ = lws_create_vhost(context_, &info);
  if (vhost_ == nullptr) {
    return {options_.tls.enabled() ? Code::kTls : Code::kNetwork,
            "libwebsockets cannot make a virtual host"};
  }
  return {};
}

bool LwsContext::take_tls(ssl_ctx_st* tls) {
  tls_ = tls;
  watch_handshakes(tls, options_.on_tls_fault);
  present_identity(tls, identity_);
  return harden_tls(tls) && identity_ && identity_->configure(tls);
}

bool LwsContext::use_tls_identity(TlsIdentitySlot identity) {
  if (tls_ == nullptr || !identity->configure(tls_)) return false;
  identity_ = std::move(identity);
  return true;
}

bool LwsContext::close() {
  // libwebsockets sets the pointer to null through info.pcontext once the context is gone.
  if (context_ != nullptr) lws_context_destroy(context_);
  if (context_ != nullptr) {
    wake_descriptor_.keep_number_taken();
    return false;
  }
  wake_descriptor_.close_leftover();
  return true;
}

}  // namespace securechat::net
