#pragma once

#include <cstdio>
#include <cstdlib>

namespace securechat::fuzz {

// Ends the program when a property does not hold, so that a fuzzer keeps the input.
inline void require(bool holds, const char* property) {
  if (!holds) {
    std::fprintf(stderr, "does not hold: %s\n", property);
    std::abort();
  }
}

}  // namespace securechat::fuzz
