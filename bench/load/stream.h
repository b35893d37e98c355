#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

struct ssl_ctx_st;
struct ssl_st;

namespace securechat::bench {

// Where the server is, and how it is spoken to.
struct Endpoint {
  std::string host;  // An IPv4 address.
  std::uint16_t port = 0;
  std::shared_ptr<ssl_ctx_st> tls;  // Null: plain.
  std::string origin;
};

// A client's TLS context: 1.3, any certificate (the server is our own child).
[[nodiscard]] std::shared_ptr<ssl_ctx_st> make_tls_context();

// One TCP connection, plain or TLS, which never blocks.
class Stream {
 public:
  // `number` picks the source address: an address of 127.0.0.0/8 has about 28,000 ports.
  Stream(const Endpoint& endpoint, std::size_t number);
  ~Stream();
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  [[nodiscard]] int descriptor() const { return descriptor_; }
  enum class Progress { kDone, kWaits, kBroken };
  // Goes on with connecting and the TLS handshake.
  [[nodiscard]] Progress connect();
  // Bytes read; 0 when there are none now, -1 when the connection has ended.
  [[nodiscard]] std::ptrdiff_t read(std::span<char> buffer);
  // Keeps what the connection does not take now. False when it is broken.
  [[nodiscard]] bool write(std::string_view bytes);
  [[nodiscard]] bool flush();
  [[nodiscard]] bool wants_write() const { return !unsent_.empty() || tls_wants_write_; }

 private:
  [[nodiscard]] Progress connect_tls();
  // Bytes written, 0 when none are taken now, -1 when it is broken.
  [[nodiscard]] std::ptrdiff_t write_some(std::string_view bytes);

  int descriptor_ = -1;
  ssl_st* ssl_ = nullptr;
  std::string unsent_;
  bool connected_ = false;
  bool tls_wants_write_ = false;
};

}  // namespace securechat::bench
