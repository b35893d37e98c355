#pragma once

#include <cstdint>

namespace securechat::protocol {

// WebSocket close codes: RFC 6455 section 7.4.1, and ours from the private range
// (docs/protocol.md).
enum class CloseCode : std::uint16_t {
  kNormal = 1000,
  kGoingAway = 1001,
  kProtocolError = 1002,
  kUnsupportedData = 1003,
  kInvalidPayload = 1007,
  kPolicy = 1008,
  kTooBig = 1009,
  kInternal = 1011,
  kUnauthenticated = 4401,
  kForbidden = 4403,
  kAuthTimeout = 4408,
  kRateLimited = 4429,
  kSlowConsumer = 4508,
};

}  // namespace securechat::protocol
