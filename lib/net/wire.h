#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/ip_address.h"

struct lws;

// The bytes of one TCP connection below libwebsockets: plain or TLS, never blocking, never raising
// SIGPIPE for a plain one (for TLS the loop blocks the signal, see SigpipeGuard in lws_loop.cc).
namespace securechat::net {

struct WriteResult {
  std::size_t bytes = 0;
  bool broken = false;  // The connection cannot be written any more.
};

// Writes as much as the connection takes now. Under TLS a write that did not succeed must be
// repeated with the same bytes, which is what a caller does that only drops what was written.
WriteResult write_bytes(lws* wsi, std::string_view bytes);

// Until it is let go, the kernel sends full segments only (TCP_CORK): what is written in several
// pieces leaves in one. It lets go by itself after 200 ms. Where it is not to be had, the pieces
// leave as they come.
void hold_back(int descriptor, bool held);

// Tells the peer that nothing more comes (TLS close_notify, then FIN); reading goes on.
void end_writing(lws* wsi);

// Whether the peer has said that nothing more comes, or the connection is broken.
[[nodiscard]] bool peer_has_ended(lws* wsi);

enum class DrainResult { kOpen, kEnded };
// Discards what the peer sends, so that closing does not reset the connection under an answer that
// the peer has not read yet.
DrainResult drain(int descriptor);

// How many bytes the peer has acknowledged since the connection began: the progress of a writer,
// whoever buffers what is left.
std::uint64_t acknowledged_bytes(int descriptor);
// How many bytes have been read from it, by whomever. Too small by one, at most, after its end.
std::int64_t taken_bytes(int descriptor);

// The address that a socket is connected to; nothing when it is not any more.
[[nodiscard]] std::optional<IpAddress> connected_address(int descriptor);

}  // namespace securechat::net
