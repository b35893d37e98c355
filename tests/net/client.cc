#include "net/client.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <utility>

#include "base/text.h"

namespace securechat::net {

unsigned ReceivedFrame::close_code() const {
  if (payload.size() < 2) return 0;
  return static_cast<unsigned char>(payload[0]) * 256U + static_cast<unsigned char>(payload[1]);
}

std::string HttpAnswer::header(const std::string& name) const {
  std::size_t line = head.find("\r\n");
  while (line != std::string::npos && line + 2 < head.size()) {
    const std::size_t start = line + 2;
    line = head.find("\r\n", start);
    const std::string text = head.substr(start, line - start);
    const std::size_t colon = text.find(':');
    if (colon != std::string::npos && equals_ignore_case(text.substr(0, colon), name)) {
      return std::string(trim_ascii(text.substr(colon + 1)));
    }
  }
  return "";
}

RawClient::RawClient(std::uint16_t port, int receive_buffer) {
  descriptor_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (receive_buffer > 0) {
    ::setsockopt(descriptor_, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
  }
  const timeval timeout = {10, 0};
  ::setsockopt(descriptor_, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout);
  ::setsockopt(descriptor_, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof timeout);
  const int yes = 1;
  ::setsockopt(descriptor_, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(descriptor_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) close();
}

RawClient::RawClient(RawClient&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)), buffer_(std::move(other.buffer_)) {}

RawClient::~RawClient() {
  close();
}

void RawClient::close() {
  if (descriptor_ >= 0) ::close(descriptor_);
  descriptor_ = -1;
}

void RawClient::reset() {
  const linger now = {1, 0};
  ::setsockopt(descriptor_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
  close();
}

// The kernel's work for an io_uring, which newer libuv has, interrupts calls that have a timeout.
long RawClient::raw_send(const char* bytes, std::size_t size) {
  long n = 0;
  do {
    n = ::send(descriptor_, bytes, size, MSG_NOSIGNAL);
  } while (n < 0 && errno == EINTR);
  return n;
}

long RawClient::raw_receive(char* bytes, std::size_t size) {
  long n = 0;
  do {
    n = ::recv(descriptor_, bytes, size, 0);
  } while (n < 0 && errno == EINTR);
  return n;
}

bool RawClient::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const long n = raw_send(bytes.data(), bytes.size());
    if (n <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
  return true;
}

std::string RawClient::receive_some(std::size_t size) {
  if (buffer_.empty()) {
    std::array<char, 65'536> chunk;
    const long n = raw_receive(chunk.data(), chunk.size());
    if (n <= 0) return "";
    buffer_.assign(chunk.data(), static_cast<std::size_t>(n));
  }
  std::string some = buffer_.substr(0, size);
  buffer_.erase(0, some.size());
  return some;
}

std::string RawClient::receive(std::size_t size) {
  std::string all;
  while (all.size() < size) {
    const std::string some = receive_some(size - all.size());
    if (some.empty()) break;
    all += some;
  }
  return all;
}

std::string RawClient::receive_until(std::string_view end) {
  std::string all;
  while (all.size() < end.size() || all.compare(all.size() - end.size(), end.size(), end) != 0) {
    const std::string one = receive_some(1);
    if (one.empty()) break;
    all += one;
  }
  return all;
}

std::string RawClient::receive_all() {
  std::string all;
  for (std::string some = receive_some(65'536); !some.empty(); some = receive_some(65'536)) {
    all += some;
  }
  return all;
}

bool RawClient::closed_by_peer() {
  if (!buffer_.empty()) return false;
  char byte = 0;
  const long n = raw_receive(&byte, 1);
  if (n > 0) buffer_.assign(1, byte);
  return n == 0 || (n < 0 && errno == ECONNRESET);
}

HttpAnswer RawClient::read_answer(bool head_request) {
  HttpAnswer answer;
  answer.head = receive_until("\r\n\r\n");
  if (answer.head.size() > 12) answer.status = std::atoi(answer.head.c_str() + 9);
  const std::string length = answer.header("Content-Length");
  if (!head_request && !length.empty()) answer.body = receive(std::stoul(length));
  return answer;
}

HttpAnswer RawClient::get(const std::string& path, const std::string& headers) {
  send("GET " + path + " HTTP/1.1\r\nHost: localhost\r\n" + headers + "\r\n");
  return read_answer();
}

std::string upgrade_request(const std::string& path, const std::string& headers) {
  return "GET " + path +
         " HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
         "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n" +
         headers + "\r\n";
}

HttpAnswer RawClient::upgrade(const std::string& path, const std::string& headers) {
  send(upgrade_request(path, headers));
  return read_answer();
}

std::string client_frame(unsigned opcode, std::string_view payload, bool final) {
  std::string frame(1, static_cast<char>((final ? 0x80U : 0U) | opcode));
  const std::size_t size = payload.size();
  const std::size_t extended = size < 126 ? 0 : size <= 0xFFFF ? 2 : 8;
  frame += static_cast<char>(0x80U | (extended == 0 ? size : extended == 2 ? 126U : 127U));
  for (std::size_t i = extended; i > 0; --i) {
    frame += static_cast<char>(size >> (8 * (i - 1)) & 0xFFU);
  }
  constexpr std::string_view kMask = "\x11\x82\x33\x44";
  frame += kMask;
  for (std::size_t i = 0; i < size; ++i) {
    frame += static_cast<char>(payload[i] ^ kMask[i % 4]);
  }
  return frame;
}

bool RawClient::send_frame(unsigned opcode, std::string_view payload, bool final) {
  return send(client_frame(opcode, payload, final));
}

bool RawClient::send_close(unsigned code) {
  const std::string payload = {static_cast<char>(code >> 8U), static_cast<char>(code & 0xFFU)};
  return send_frame(8, payload);
}

std::optional<ReceivedFrame> RawClient::read_frame() {
  const std::string start = receive(2);
  if (start.size() < 2) return std::nullopt;
  ReceivedFrame frame;
  const auto first = static_cast<unsigned char>(start[0]);
  const auto second = static_cast<unsigned char>(start[1]);
  if ((second & 0x80U) != 0 || (first & 0x70U & ~expected_rsv_) != 0) return std::nullopt;
  frame.final = (first & 0x80U) != 0;
  frame.rsv1 = (first & 0x40U) != 0;
  frame.opcode = first & 0x0FU;
  std::size_t size = second;
  if (second >= 126) {
    const std::string extended = receive(second == 126 ? 2 : 8);
    size = 0;
    for (const char c : extended) size = size << 8U | static_cast<unsigned char>(c);
  }
  frame.payload = receive(size);
  if (frame.payload.size() != size) return std::nullopt;
  return frame;
}

std::optional<ReceivedFrame> RawClient::read_message() {
  std::optional<ReceivedFrame> frame = read_frame();
  while (frame && frame->opcode == 10) frame = read_frame();
  return frame;
}

}  // namespace securechat::net
