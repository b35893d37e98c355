#include "raw/channel.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <utility>

namespace securechat::bench::raw {
namespace {

// One buffer for everybody: a connection that waits for nothing keeps no memory for reading.
std::array<char, 65'536>& scratch() {
  static std::array<char, 65'536> buffer;
  return buffer;
}

bool would_block() {
  return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
}

bool tls_would_block(ssl_st* ssl, int result) {
  const int error = ::SSL_get_error(ssl, result);
  return error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE;
}

}  // namespace

Channel::Channel(int fd, ssl_ctx_st* tls) : descriptor(fd) {
  if (tls == nullptr) return;
  ssl_ = ::SSL_new(tls);
  ::SSL_set_fd(ssl_, descriptor);
  ::SSL_set_accept_state(ssl_);
}

Channel::~Channel() {
  ::SSL_free(ssl_);
  ::close(descriptor);
}

bool Channel::read() {
  if (ssl_ == nullptr) {
    const ssize_t n = ::recv(descriptor, scratch().data(), scratch().size(), 0);
    if (n > 0) in.append(scratch().data(), static_cast<std::size_t>(n));
    return n > 0 || (n < 0 && would_block());
  }
  for (;;) {  // The handshake goes on by itself inside.
    ::ERR_clear_error();
    std::size_t n = 0;
    const int result = ::SSL_read_ex(ssl_, scratch().data(), scratch().size(), &n);
    if (result != 1) return tls_would_block(ssl_, result);
    in.append(scratch().data(), n);
  }
}

std::ptrdiff_t Channel::write_some(std::string_view bytes) {
  if (ssl_ == nullptr) {
    const ssize_t n = ::send(descriptor, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    return n >= 0 ? n : (would_block() ? 0 : -1);
  }
  ::ERR_clear_error();
  std::size_t n = 0;
  const int result = ::SSL_write_ex(ssl_, bytes.data(), bytes.size(), &n);
  if (result == 1) return static_cast<std::ptrdiff_t>(n);
  return tls_would_block(ssl_, result) ? 0 : -1;
}

bool Channel::write(std::string_view bytes) {
  if (rest_.empty()) {
    while (!bytes.empty()) {
      const std::ptrdiff_t n = write_some(bytes);
      if (n < 0) return false;
      if (n == 0) break;
      bytes.remove_prefix(static_cast<std::size_t>(n));
    }
  }
  rest_.append(bytes);
  return true;
}

bool Channel::flush() {
  const std::string waiting = std::exchange(rest_, {});
  return write(waiting);
}

}  // namespace securechat::bench::raw
