#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "net/frame.h"
#include "net/transport.h"

namespace securechat::testing {

// A socket that keeps what it is asked to send, and tells its handler of its end when asked to.
class FakeSocket final : public net::Socket {
 public:
  void send(net::FrameRef frame) override {
    if (close_code) return;
    opcodes.push_back(frame.opcode());
    texts.emplace_back(frame.payload());
  }
  void close(std::uint16_t code, std::string_view reason) override {
    if (close_code) return;
    close_code = code;
    close_reason = reason;
  }
  void set_payload_limit(std::size_t bytes) override { payload_limit = bytes; }
  [[nodiscard]] std::size_t queued_bytes() const override { return 0; }
  [[nodiscard]] bool closing() const override { return close_code.has_value(); }

  // What was sent since the last call.
  std::vector<std::string> take() { return std::exchange(texts, {}); }

  std::vector<net::Opcode> opcodes;
  std::vector<std::string> texts;
  std::optional<std::uint16_t> close_code;
  std::string close_reason;
  std::size_t payload_limit = 0;
};

}  // namespace securechat::testing
