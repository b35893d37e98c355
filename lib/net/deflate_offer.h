#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "net/deflate.h"

// The handshake of permessage-deflate (RFC 7692 section 7.1) on the value of
// Sec-WebSocket-Extensions.
namespace securechat::net {

inline constexpr std::string_view kDeflateName = "permessage-deflate";

// What both sides have agreed on. "Server" and "client" name who compresses.
struct DeflateParameters {
  bool server_no_context_takeover = false;
  bool client_no_context_takeover = false;
  std::optional<int> server_max_window_bits;
  std::optional<int> client_max_window_bits;

  // As they follow the extension's name in the answer: "; server_no_context_takeover".
  [[nodiscard]] std::string to_string() const;
};

struct DeflateAnswer {
  bool malformed = false;  // The header is not in the grammar of RFC 6455 section 9.1.
  std::optional<DeflateParameters> accepted;
};

// The first offer that can be accepted, of several in the order the peer prefers them. An offer
// with an unknown, repeated or wrong parameter is declined; other extensions are passed over.
[[nodiscard]] DeflateAnswer answer_deflate_offers(std::string_view header);

}  // namespace securechat::net
