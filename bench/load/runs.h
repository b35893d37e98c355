#pragma once

#include <string>

#include "load/options.h"

// What the generator can do; each answers its line of JSON, and throws what stopped it.
namespace securechat::bench {

// Publishers send to rooms, everyone counts what comes.
[[nodiscard]] std::string run_fanout(const Options& options);
// Connections are opened and left alone: memory of each, and CPU time of all.
[[nodiscard]] std::string run_idle(const Options& options);
// Connections are made, let in and closed again, while others stay.
[[nodiscard]] std::string run_handshakes(const Options& options);
// A few clients send and get it back with an acknowledgement, while others are idle.
[[nodiscard]] std::string run_echo(const Options& options);

}  // namespace securechat::bench
