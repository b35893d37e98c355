#include "load/stream.h"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <stdexcept>
#include <system_error>

namespace securechat::bench {
namespace {

constexpr std::size_t kSocketsPerAddress = 20'000;
constexpr std::size_t kAddresses = 250;

[[noreturn]] void fail(const char* what) {
  throw std::system_error(errno, std::generic_category(), what);
}

sockaddr_in address_of(const std::string& host, std::uint16_t port) {
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  if (::inet_pton(AF_INET, host.c_str(), &address.sin_addr) != 1) {
    throw std::invalid_argument("--host must be an IPv4 address, and it is " + host);
  }
  return address;
}

void bind_source(int descriptor, std::size_t number) {
  const auto block = static_cast<std::uint32_t>(number / kSocketsPerAddress % kAddresses);
  if (block == 0) return;
  const int on = 1;  // The port is chosen at connect(), where it need only differ per peer.
  ::setsockopt(descriptor, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
  sockaddr_in source = {};
  source.sin_family = AF_INET;
  source.sin_addr.s_addr = htonl(INADDR_LOOPBACK + block);
  if (::bind(descriptor, reinterpret_cast<sockaddr*>(&source), sizeof source) != 0) fail("bind");
}

bool would_block(int error) {
  return error == EAGAIN || error == EWOULDBLOCK || error == EINTR;
}

}  // namespace

std::shared_ptr<ssl_ctx_st> make_tls_context() {
  std::shared_ptr<ssl_ctx_st> context(::SSL_CTX_new(::TLS_client_method()), ::SSL_CTX_free);
  if (!context) throw std::runtime_error("OpenSSL makes no context");
  ::SSL_CTX_set_min_proto_version(context.get(), TLS1_3_VERSION);
  ::SSL_CTX_set_verify(context.get(), SSL_VERIFY_NONE, nullptr);
  ::SSL_CTX_set_mode(context.get(), SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                                        SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  ::SSL_CTX_set_session_cache_mode(context.get(), SSL_SESS_CACHE_OFF);
  return context;
}

Stream::Stream(const Endpoint& endpoint, std::size_t number) {
  const sockaddr_in address = address_of(endpoint.host, endpoint.port);
  descriptor_ = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (descriptor_ < 0) fail("socket");
  bind_source(descriptor_, number);
  const int on = 1;
  ::setsockopt(descriptor_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (::connect(descriptor_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 &&
      errno != EINPROGRESS) {
    fail("connect");
  }
  if (!endpoint.tls) return;
  ssl_ = ::SSL_new(endpoint.tls.get());
  if (ssl_ == nullptr) throw std::runtime_error("OpenSSL makes no connection");
  ::SSL_set_fd(ssl_, descriptor_);
  ::SSL_set_connect_state(ssl_);
}

Stream::~Stream() {
  ::SSL_free(ssl_);
  ::close(descriptor_);
}

Stream::Progress Stream::connect() {
  if (!connected_) {
    int error = 0;
    socklen_t size = sizeof error;
    ::getsockopt(descriptor_, SOL_SOCKET, SO_ERROR, &error, &size);
    if (error != 0) return Progress::kBroken;
    connected_ = true;
  }
  return ssl_ == nullptr ? Progress::kDone : connect_tls();
}

Stream::Progress Stream::connect_tls() {
  ::ERR_clear_error();
  const int result = ::SSL_do_handshake(ssl_);
  tls_wants_write_ = false;
  if (result == 1) return Progress::kDone;
  const int error = ::SSL_get_error(ssl_, result);
  tls_wants_write_ = error == SSL_ERROR_WANT_WRITE;
  return tls_wants_write_ || error == SSL_ERROR_WANT_READ ? Progress::kWaits : Progress::kBroken;
}

std::ptrdiff_t Stream::read(std::span<char> buffer) {
  if (ssl_ == nullptr) {
    const ssize_t n = ::recv(descriptor_, buffer.data(), buffer.size(), 0);
    if (n > 0) return n;
    return n < 0 && would_block(errno) ? 0 : -1;
  }
  // Whole records are taken until there are no more, because epoll does not know of what OpenSSL
  // has already read.
  std::size_t filled = 0;
  while (filled < buffer.size()) {
    ::ERR_clear_error();
    std::size_t n = 0;
    const int result = ::SSL_read_ex(ssl_, buffer.data() + filled, buffer.size() - filled, &n);
    if (result == 1) {
      filled += n;
      continue;
    }
    if (filled > 0 || ::SSL_get_error(ssl_, result) == SSL_ERROR_WANT_READ) break;
    return -1;
  }
  return static_cast<std::ptrdiff_t>(filled);
}

std::ptrdiff_t Stream::write_some(std::string_view bytes) {
  if (ssl_ == nullptr) {
    const ssize_t n = ::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (n >= 0) return n;
    return would_block(errno) ? 0 : -1;
  }
  ::ERR_clear_error();
  std::size_t n = 0;
  const int result = ::SSL_write_ex(ssl_, bytes.data(), bytes.size(), &n);
  if (result == 1) return static_cast<std::ptrdiff_t>(n);
  return ::SSL_get_error(ssl_, result) == SSL_ERROR_WANT_WRITE ? 0 : -1;
}

bool Stream::write(std::string_view bytes) {
  if (unsent_.empty()) {
    while (!bytes.empty()) {
      const std::ptrdiff_t n = write_some(bytes);
      if (n < 0) return false;
      if (n == 0) break;
      bytes.remove_prefix(static_cast<std::size_t>(n));
    }
  }
  unsent_.append(bytes);
  return true;
}

bool Stream::flush() {
  const std::string waiting = std::move(unsent_);
  unsent_.clear();
  return write(waiting);
}

}  // namespace securechat::bench
