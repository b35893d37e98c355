#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "load/dialect.h"
#include "load/stream.h"

namespace securechat::bench {

// One run of the generator, as its command line says.
struct Options {
  std::string run;  // fanout, idle, handshakes or echo
  Endpoint endpoint{"127.0.0.1", 0, nullptr, ""};
  Dialect dialect = Dialect::kBare;
  int server_pid = 0;
  std::vector<std::string> tokens;  // Client i uses token i, from the front again at the end.

  std::size_t connections = 100;
  std::size_t publishers = 1;
  std::size_t in_flight = 1;      // Of each publisher: sent, and not yet come back to it.
  std::size_t active = 64;        // echo: the clients that send.
  std::size_t rooms = 0;          // fanout: that are joined; 0: the one that everyone is in.
  std::size_t room_members = 10;  // Of each of those.
  double rate = 0;                // fanout: messages per second instead of `in_flight`; 0: none.
  std::size_t logins = 0;         // fanout: HTTP connections that log in all the time.
  bool ack = false;               // fanout: every message asks for an acknowledgement.
  std::size_t text_bytes = 100;
  std::int64_t warmup_ms = 1'000;
  std::int64_t measure_ms = 5'000;
  std::int64_t settle_ms = 500;  // Between the last join and what follows.
  std::size_t opening = 64;      // Connections that are being made at a time.

  [[nodiscard]] std::size_t room_count() const { return rooms == 0 ? 1 : rooms; }
  [[nodiscard]] std::string_view token(std::size_t index) const {
    return tokens.empty() ? std::string_view() : tokens[index % tokens.size()];
  }
};

// Throws std::invalid_argument with what is wrong.
[[nodiscard]] Options read_options(const std::vector<std::string_view>& arguments);
[[nodiscard]] std::string usage();

}  // namespace securechat::bench
