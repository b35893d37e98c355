#include "load/options.h"

#include <charconv>
#include <fstream>
#include <functional>
#include <stdexcept>

namespace securechat::bench {
namespace {

template <typename Number>
Number number(std::string_view text) {
  Number value = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc() || stop != end) {
    throw std::invalid_argument("\"" + std::string(text) + "\" is not a number");
  }
  return value;
}

std::vector<std::string> read_lines(const std::string& path) {
  std::ifstream file(path);
  if (!file) throw std::invalid_argument("cannot read " + path);
  std::vector<std::string> lines;
  for (std::string line; std::getline(file, line);) {
    if (!line.empty()) lines.push_back(line);
  }
  if (lines.empty()) throw std::invalid_argument(path + " has no line");
  return lines;
}

Dialect dialect(std::string_view name) {
  const std::optional<Dialect> found = dialect_named(name);
  if (!found) throw std::invalid_argument("--dialect is plain, socketio or bare");
  return *found;
}

struct Flag {
  std::string_view name;
  std::string_view help;
  void (*set)(Options& options, std::string_view value);
};

#define SIZE_FLAG(field)               \
  [](Options& o, std::string_view v) { \
    o.field = number<std::size_t>(v);  \
  }
#define TIME_FLAG(field)               \
  [](Options& o, std::string_view v) { \
    o.field = number<std::int64_t>(v); \
  }

constexpr Flag kFlags[] = {
    {"--port", "of the server",
     [](Options& o, std::string_view v) {
       o.endpoint.port = number<std::uint16_t>(v);
     }},
    {"--host", "an IPv4 address",
     [](Options& o, std::string_view v) {
       o.endpoint.host = std::string(v);
     }},
    {"--tls", "on: TLS 1.3",
     [](Options& o, std::string_view v) {
       o.endpoint.tls = v == "on" ? make_tls_context() : nullptr;
     }},
    {"--origin", "sent with the upgrade",
     [](Options& o, std::string_view v) {
       o.endpoint.origin = std::string(v);
     }},
    {"--dialect", "plain, socketio or bare",
     [](Options& o, std::string_view v) {
       o.dialect = dialect(v);
     }},
    {"--pid", "of the server, for its CPU time and memory",
     [](Options& o, std::string_view v) {
       o.server_pid = number<int>(v);
     }},
    {"--tokens", "a file with one access token a line",
     [](Options& o, std::string_view v) {
       o.tokens = read_lines(std::string(v));
     }},
    {"--connections", "that are open", SIZE_FLAG(connections)},
    {"--publishers", "streams of messages", SIZE_FLAG(publishers)},
    {"--in-flight", "messages of a publisher (or active client) at a time", SIZE_FLAG(in_flight)},
    {"--active", "echo: clients that send", SIZE_FLAG(active)},
    {"--rooms", "fanout: rooms that are joined; 0: the default room alone", SIZE_FLAG(rooms)},
    {"--room-members", "fanout: of each of those rooms", SIZE_FLAG(room_members)},
    {"--rate", "fanout: messages a second, instead of --in-flight",
     [](Options& o, std::string_view v) {
       o.rate = static_cast<double>(number<std::size_t>(v));
     }},
    {"--logins", "fanout: HTTP connections that log in all the time", SIZE_FLAG(logins)},
    {"--ack", "on: every message asks for an acknowledgement",
     [](Options& o, std::string_view v) {
       o.ack = v == "on";
     }},
    {"--text-bytes", "of a message", SIZE_FLAG(text_bytes)},
    {"--warmup-ms", "before measuring", TIME_FLAG(warmup_ms)},
    {"--measure-ms", "that are measured", TIME_FLAG(measure_ms)},
    {"--settle-ms", "between the last join and what follows", TIME_FLAG(settle_ms)},
    {"--opening", "connections that are being made at a time", SIZE_FLAG(opening)},
};

#undef SIZE_FLAG
#undef TIME_FLAG

void check(const Options& options) {
  const auto need = [](bool holds, const char* message) {
    if (!holds) throw std::invalid_argument(message);
  };
  need(options.endpoint.port != 0, "--port is needed");
  need(options.connections > 0 && options.publishers > 0, "0 is too few");
  need(options.publishers <= options.connections, "--publishers are among the --connections");
  need(options.rooms == 0 || options.room_members <= options.connections,
       "--room-members are among the --connections");
  need(options.dialect == Dialect::kBare || !options.tokens.empty(),
       "--tokens is needed, except with --dialect bare");
}

}  // namespace

Options read_options(const std::vector<std::string_view>& arguments) {
  if (arguments.empty()) throw std::invalid_argument("which run? " + usage());
  Options options;
  options.run = arguments[0];
  for (std::size_t i = 1; i < arguments.size(); i += 2) {
    const Flag* found = nullptr;
    for (const Flag& flag : kFlags) {
      if (flag.name == arguments[i]) found = &flag;
    }
    if (found == nullptr || i + 1 == arguments.size()) {
      throw std::invalid_argument("what is " + std::string(arguments[i]) + "? " + usage());
    }
    found->set(options, arguments[i + 1]);
  }
  check(options);
  return options;
}

std::string usage() {
  std::string text = "usage: securechat-load fanout|idle|handshakes|echo [--flag value]...\n";
  for (const Flag& flag : kFlags) {
    text.append("  ").append(flag.name).append("  ").append(flag.help).append("\n");
  }
  return text;
}

}  // namespace securechat::bench
