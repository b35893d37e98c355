#pragma once

#include <cstdint>
#include <string>

namespace securechat::conformance {

struct HostOptions {
  std::string role;
  std::uint16_t port = 0;
  std::int64_t ping_interval_ms = 300;
  std::int64_t ping_timeout_ms = 200;
  bool deflate = false;
};

// Each serves until SIGTERM or SIGINT and answers the exit code of the program.
int run_socketio(const HostOptions& options);
int run_engineio(const HostOptions& options);
int run_websocket(const HostOptions& options);

// SIGTERM and SIGINT, to be called before there is any thread; then the wait for one of them.
void block_end_signals();
void wait_for_end_signal();
// The line that says that connections are accepted.
void print_listening(const std::string& url);

}  // namespace securechat::conformance
