#pragma once

#include <string>

#include "base/status.h"

namespace securechat::server {

// The bytes of a configuration file of at most 1 MiB, also from a pipe; kInvalid names the path and
// the reason. The caller wipes them: they may hold secrets.
Result<std::string> read_source(const std::string& path);

}  // namespace securechat::server
