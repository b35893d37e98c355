// A server for conformance suites, which ask what a protocol asks, without accounts or chat:
//   --role socketio    path /socket.io/, namespaces / and /custom: on connect the event `auth`
//                      with the handshake's auth object; `message` comes back as `message-back`,
//                      `message-with-ack` is acknowledged, both with the same arguments
//   --role engineio    path /engine.io/: every Engine.IO message comes back as it was
//   --role websocket   path /echo: every WebSocket message comes back as it was
#include <algorithm>
#include <charconv>
#include <cstdio>
#include <exception>
#include <optional>
#include <string_view>
#include <utility>

#include "conformance/host.h"

namespace securechat::conformance {
namespace {

constexpr int kBadUsage = 2;
constexpr std::string_view kUsage =
    "usage: conformance-host --role socketio|engineio|websocket [--port N] [--deflate]\n"
    "       [--ping-interval MS] [--ping-timeout MS]\n";

struct NamedRole {
  std::string_view name;
  int (*run)(const HostOptions&);
};
constexpr NamedRole kRoles[] = {
    {"socketio", run_socketio},
    {"engineio", run_engineio},
    {"websocket", run_websocket},
};

template <typename Number>
bool read_number(std::string_view text, Number& out) {
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, out);
  return error == std::errc() && stop == end && out >= 0;
}

// Takes one flag with the value behind it; false when it is none of ours.
bool read_flag(std::string_view flag, std::string_view value, HostOptions& options) {
  if (flag == "--role") {
    options.role = value;
    return true;
  }
  if (flag == "--port") return read_number(value, options.port);
  if (flag == "--ping-interval") return read_number(value, options.ping_interval_ms);
  if (flag == "--ping-timeout") return read_number(value, options.ping_timeout_ms);
  return false;
}

std::optional<HostOptions> read_command_line(int count, char** arguments) {
  HostOptions options;
  for (int i = 1; i < count; ++i) {
    const std::string_view flag = arguments[i];
    if (flag == "--deflate") {
      options.deflate = true;
    } else if (i + 1 == count || !read_flag(flag, arguments[++i], options)) {
      std::fprintf(stderr,
                   "conformance-host: \"%s\" is unknown, or its value is missing or wrong\n",
                   arguments[std::min(i, count - 1)]);
      return std::nullopt;
    }
  }
  return options;
}

int run(int count, char** arguments) {
  const std::optional<HostOptions> options = read_command_line(count, arguments);
  if (options) {
    for (const NamedRole& role : kRoles) {
      if (role.name != options->role) continue;
      block_end_signals();
      return role.run(*options);
    }
    std::fprintf(stderr, "conformance-host: there is no role \"%s\"\n", options->role.c_str());
  }
  std::fputs(kUsage.data(), stderr);
  return kBadUsage;
}

}  // namespace
}  // namespace securechat::conformance

int main(int count, char** arguments) {
  try {
    return securechat::conformance::run(count, arguments);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "conformance-host: %s\n", error.what());
    return 1;
  }
}
