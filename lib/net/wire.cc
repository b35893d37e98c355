#include "net/wire.h"

#include <libwebsockets.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>

namespace securechat::net {

namespace {

constexpr std::size_t kTlsRecord = 16'384;
constexpr int kEstablished = 1;  // TCP_ESTABLISHED, whose header does not go with linux/tcp.h.

tcp_info info_of(int descriptor) {
  tcp_info info = {};
  socklen_t size = sizeof info;
  ::getsockopt(descriptor, IPPROTO_TCP, TCP_INFO, &info, &size);
  return info;
}

bool would_block(int error) {
  return error == EAGAIN || error == EWOULDBLOCK || error == EINTR;
}

WriteResult write_plain(int descriptor, std::string_view bytes) {
  WriteResult result;
  while (result.bytes < bytes.size()) {
    const ssize_t n = ::send(descriptor, bytes.data() + result.bytes, bytes.size() - result.bytes,
                             MSG_NOSIGNAL | MSG_DONTWAIT);
    if (n < 0) {
      result.broken = !would_block(errno);
      break;
    }
    result.bytes += static_cast<std::size_t>(n);
  }
  return result;
}

WriteResult write_tls(SSL* ssl, std::string_view bytes) {
  WriteResult result;
  while (result.bytes < bytes.size()) {
    const std::size_t chunk = std::min(bytes.size() - result.bytes, kTlsRecord);
    std::size_t written = 0;
    ERR_clear_error();
    if (SSL_write_ex(ssl, bytes.data() + result.bytes, chunk, &written) != 1) {
      const int error = SSL_get_error(ssl, 0);
      result.broken = error != SSL_ERROR_WANT_WRITE && error != SSL_ERROR_WANT_READ;
      ERR_clear_error();
      break;
    }
    result.bytes += written;
  }
  return result;
}

}  // namespace

WriteResult write_bytes(lws* wsi, std::string_view bytes) {
  if (auto* ssl = static_cast<SSL*>(lws_get_ssl(wsi))) return write_tls(ssl, bytes);
  return write_plain(lws_get_socket_fd(wsi), bytes);
}

void hold_back(int descriptor, bool held) {
  const int value = held ? 1 : 0;
  ::setsockopt(descriptor, IPPROTO_TCP, TCP_CORK, &value, sizeof value);
}

void end_writing(lws* wsi) {
  if (auto* ssl = static_cast<SSL*>(lws_get_ssl(wsi))) {
    ERR_clear_error();
    SSL_shutdown(ssl);
    ERR_clear_error();
  }
  ::shutdown(lws_get_socket_fd(wsi), SHUT_WR);
}

bool peer_has_ended(lws* wsi) {
  auto* ssl = static_cast<SSL*>(lws_get_ssl(wsi));
  if (ssl != nullptr && SSL_get_shutdown(ssl) != 0) return true;
  char byte = 0;
  const ssize_t n = ::recv(lws_get_socket_fd(wsi), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  return n == 0 || (n < 0 && !would_block(errno));
}

DrainResult drain(int descriptor) {
  std::array<char, 16'384> scratch;
  for (int i = 0; i < 8; ++i) {  // Bounded: one peer does not hold the loop.
    const ssize_t n = ::recv(descriptor, scratch.data(), scratch.size(), MSG_DONTWAIT);
    if (n == 0) return DrainResult::kEnded;
    if (n < 0) return would_block(errno) ? DrainResult::kOpen : DrainResult::kEnded;
  }
  return DrainResult::kOpen;
}

std::uint64_t acknowledged_bytes(int descriptor) {
  return info_of(descriptor).tcpi_bytes_acked;
}

std::int64_t taken_bytes(int descriptor) {
  const tcp_info info = info_of(descriptor);
  int waiting = 0;
  ::ioctl(descriptor, FIONREAD, &waiting);
  // A FIN counts as a byte received, though nobody can read it.
  const std::int64_t end = info.tcpi_state == kEstablished ? 0 : 1;
  return static_cast<std::int64_t>(info.tcpi_bytes_received) - waiting - end;
}

std::optional<IpAddress> connected_address(int descriptor) {
  sockaddr_storage address = {};
  socklen_t size = sizeof address;
  if (::getpeername(descriptor, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    return std::nullopt;
  }
  if (address.ss_family == AF_INET6) {
    const auto& v6 = reinterpret_cast<const sockaddr_in6&>(address);
    return IpAddress::from_bytes(v6.sin6_addr.s6_addr, 16);
  }
  const auto& v4 = reinterpret_cast<const sockaddr_in&>(address);
  return IpAddress::from_bytes(reinterpret_cast<const unsigned char*>(&v4.sin_addr), 4);
}

}  // namespace securechat::net
