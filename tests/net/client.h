#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace securechat::net {

// A WebSocket frame as a client sees it.
struct ReceivedFrame {
  bool final = true;
  bool rsv1 = false;
  unsigned opcode = 0;
  std::string payload;
  [[nodiscard]] unsigned close_code() const;
};

struct HttpAnswer {
  int status = 0;
  std::string head;
  std::string body;
  // The value of a header, "" when there is none.
  [[nodiscard]] std::string header(const std::string& name) const;
};

// A blocking client on a raw socket that sends exactly what it is told to. Reads give up after
// ten seconds, so that a missing answer fails a test instead of hanging it.
class RawClient {
 public:
  explicit RawClient(std::uint16_t port, int receive_buffer = 0);
  RawClient(RawClient&& other) noexcept;
  RawClient& operator=(RawClient&&) = delete;
  virtual ~RawClient();

  bool send(std::string_view bytes);
  // Up to `size` bytes; empty at the end of the stream or after a fault.
  std::string receive_some(std::size_t size);
  // Exactly `size` bytes, or fewer at the end.
  std::string receive(std::size_t size);
  std::string receive_until(std::string_view end);
  // Everything until the peer closes.
  std::string receive_all();
  // True when the peer has closed or reset the connection.
  bool closed_by_peer();
  void close();
  // Closes with a reset instead of an orderly end.
  void reset();
  [[nodiscard]] int descriptor() const { return descriptor_; }

  HttpAnswer read_answer(bool head_request = false);
  // GET with Host; further header lines end with CRLF each.
  HttpAnswer get(const std::string& path, const std::string& headers = "");

  // The handshake; `headers` as above. The answer's status is 101 when it worked.
  HttpAnswer upgrade(const std::string& path, const std::string& headers = "");
  bool send_frame(unsigned opcode, std::string_view payload, bool final = true);
  bool send_text(std::string_view payload) { return send_frame(1, payload); }
  bool send_close(unsigned code);
  std::optional<ReceivedFrame> read_frame();
  // RSV1 is a fault unless the handshake agreed on permessage-deflate.
  void expect_rsv1() { expected_rsv_ = 0x40; }
  // The next frame that is no pong.
  std::optional<ReceivedFrame> read_message();

 protected:
  // What TLS replaces.
  virtual long raw_send(const char* bytes, std::size_t size);
  virtual long raw_receive(char* bytes, std::size_t size);
  RawClient() = default;

  int descriptor_ = -1;

 private:
  unsigned expected_rsv_ = 0;
  std::string buffer_;  // Received, not yet asked for.
};

// The handshake's request as a whole.
std::string upgrade_request(const std::string& path, const std::string& headers = "");
// A masked client frame.
std::string client_frame(unsigned opcode, std::string_view payload, bool final = true);

}  // namespace securechat::net
