// The load generator: one run against one server, one line of JSON on stdout. Exit codes: 0, 1 when
// a delivery was at fault, 2 when the run did not come to its end.
#include <csignal>
#include <cstdio>
#include <exception>
#include <stdexcept>

#include "load/runs.h"

namespace {

using securechat::bench::Options;

std::string run(const Options& options) {
  if (options.run == "fanout") return securechat::bench::run_fanout(options);
  if (options.run == "idle") return securechat::bench::run_idle(options);
  if (options.run == "handshakes") return securechat::bench::run_handshakes(options);
  if (options.run == "echo") return securechat::bench::run_echo(options);
  throw std::invalid_argument("which run? " + securechat::bench::usage());
}

}  // namespace

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);  // OpenSSL writes with write().
  try {
    const std::vector<std::string_view> arguments(argv + 1, argv + argc);
    const std::string line = run(securechat::bench::read_options(arguments));
    std::fputs(line.c_str(), stdout);
    const bool faultless =
        line.find("\"faults\"") == std::string::npos ||
        line.find(R"("faults":{"lost":0,"repeated":0,"disordered":0,"foreign":0})") !=
            std::string::npos;
    return faultless ? 0 : 1;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "securechat-load: %s\n", error.what());
    return 2;
  }
}
