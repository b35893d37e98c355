#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "net/request.h"

// What HTTP may look like here: one table of rules, each with the status of its refusal. Pure
// functions on a copied head, so that the table is tested without a socket.
namespace securechat::net {

// What RequestHead does not carry, but the rules ask for.
struct HeadFacts {
  std::string version;                // "HTTP/1.1", as the peer wrote it.
  std::size_t request_lines = 1;      // More than one is a forged head.
  bool unreadable = false;            // The parser's memory is not in the shape of a whole head.
  std::size_t uri_bytes = 0;          // Path and query.
  std::size_t header_count = 0;       // Repeated ones each.
  std::size_t header_bytes = 0;       // Names, values and separators.
  std::vector<std::string> repeated;  // Names that came more than once.
};

struct GuardVerdict {
  int status = 0;  // 0: let it pass.
  std::string_view reason;
};

inline constexpr std::size_t kMaxUriBytes = 2'048;
inline constexpr std::size_t kMaxHeaderBytes = 8'192;
inline constexpr std::size_t kMaxHeaders = 64;

// The first rule that the request breaks.
[[nodiscard]] GuardVerdict check_request(const RequestHead& head, const HeadFacts& facts);
// The same for a request with an Upgrade header, which must be a WebSocket handshake.
[[nodiscard]] GuardVerdict check_upgrade(const RequestHead& head, const HeadFacts& facts);

// The value of a valid Content-Length; nullopt when there is none or when it is malformed.
[[nodiscard]] std::optional<std::size_t> content_length(const RequestHead& head);
// Whether a header that is a list of tokens has this one; case is ignored.
[[nodiscard]] bool has_token(const RequestHead& head, std::string_view name,
                             std::string_view token);
// Whether the connection ends after the answer, as the peer wants it.
[[nodiscard]] bool wants_close(const RequestHead& head, const HeadFacts& facts);
// Whether it may stand in a token (RFC 7230 section 3.2.6).
[[nodiscard]] bool is_token_char(char c);
// The status for a list of subprotocols that does not have ours; 0 when it has, or is empty.
[[nodiscard]] int check_subprotocol(const RequestHead& head, std::string_view subprotocol);

}  // namespace securechat::net
