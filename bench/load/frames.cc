#include "load/frames.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>

namespace securechat::bench {
namespace {

// Any 16 bytes do: no proxy stands between, and the answer's proof is not what is measured.
constexpr std::string_view kKey = "dGhlIHNhbXBsZSBub25jZQ==";

void append_length(std::string& out, std::size_t length) {
  constexpr unsigned kMasked = 0x80;
  unsigned bytes = 0;
  if (length < 126) {
    out.push_back(static_cast<char>(kMasked | length));
  } else if (length <= 0xFFFF) {
    out.push_back(static_cast<char>(kMasked | 126U));
    bytes = 2;
  } else {
    out.push_back(static_cast<char>(kMasked | 127U));
    bytes = 8;
  }
  for (unsigned i = bytes; i-- > 0;) out.push_back(static_cast<char>(length >> (8 * i) & 0xFFU));
}

std::optional<std::size_t> header_number(std::string_view head, std::string_view lower_case_name) {
  std::string lower(head);
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  const std::size_t at = lower.find(lower_case_name);
  if (at == std::string::npos) return std::nullopt;
  std::size_t begin = at + lower_case_name.size();
  while (begin < lower.size() && lower[begin] == ' ') ++begin;
  std::size_t value = 0;
  const char* const end = lower.data() + lower.size();
  if (std::from_chars(lower.data() + begin, end, value).ec != std::errc()) return std::nullopt;
  return value;
}

}  // namespace

void append_frame(std::string& out, FrameType type, std::string_view payload, std::uint32_t mask) {
  out.push_back(static_cast<char>(0x80U | static_cast<unsigned>(type)));
  append_length(out, payload.size());
  std::array<char, 4> key = {};
  for (unsigned i = 0; i < 4; ++i) key[i] = static_cast<char>(mask >> (8 * i) & 0xFFU);
  out.append(key.data(), key.size());
  const std::size_t begin = out.size();
  out.append(payload);
  for (std::size_t i = 0; i < payload.size(); ++i) {
    out[begin + i] = static_cast<char>(out[begin + i] ^ key[i % 4]);
  }
}

FrameFault read_frame(std::string_view data, ServerFrame& frame) {
  if (data.size() < 2) return FrameFault::kIncomplete;
  const auto first = static_cast<unsigned char>(data[0]);
  const auto second = static_cast<unsigned char>(data[1]);
  // FIN must be set, RSV clear, and a server does not mask.
  if ((first & 0xF0U) != 0x80U || (second & 0x80U) != 0) return FrameFault::kBroken;
  std::size_t header = 2;
  std::size_t length = second;
  if (length >= 126) {
    const std::size_t bytes = length == 126 ? 2 : 8;
    header += bytes;
    if (data.size() < header) return FrameFault::kIncomplete;
    length = 0;
    for (std::size_t i = 0; i < bytes; ++i) {
      length = length << 8U | static_cast<unsigned char>(data[2 + i]);
    }
  }
  if (length > data.size() - header) return FrameFault::kIncomplete;
  frame = {static_cast<FrameType>(first & 0x0FU), data.substr(header, length), header + length};
  return FrameFault::kNone;
}

std::string upgrade_request(const UpgradeRequest& request) {
  std::string out = "GET ";
  out.append(request.path).append(" HTTP/1.1\r\nHost: ").append(request.host);
  out.append("\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13");
  out.append("\r\nSec-WebSocket-Key: ").append(kKey);
  if (!request.subprotocol.empty()) {
    out.append("\r\nSec-WebSocket-Protocol: ").append(request.subprotocol);
  }
  if (!request.origin.empty()) out.append("\r\nOrigin: ").append(request.origin);
  // What a browser sends besides, in length if not in words.
  out.append("\r\nUser-Agent: Mozilla/5.0 (X11; Linux x86_64) securechat-bench");
  out.append("\r\nAccept-Language: en-GB,en;q=0.9\r\nCache-Control: no-cache\r\n\r\n");
  return out;
}

std::optional<HttpAnswer> read_answer(std::string_view data) {
  const std::size_t end = data.find("\r\n\r\n");
  if (end == std::string_view::npos || data.size() < 12) return std::nullopt;
  const std::string_view head = data.substr(0, end + 2);
  HttpAnswer answer;
  const std::string_view digits = head.substr(9, 3);
  std::from_chars(digits.data(), digits.data() + digits.size(), answer.status);
  answer.bytes = end + 4;
  // What follows 101 is no body.
  if (answer.status != 101) answer.bytes += header_number(head, "\r\ncontent-length:").value_or(0);
  answer.closes = head.find("onnection: close") != std::string_view::npos;
  if (answer.bytes > data.size()) return std::nullopt;
  return answer;
}

}  // namespace securechat::bench
