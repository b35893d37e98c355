#pragma once

#include <sys/types.h>

#include <cstddef>
#include <string>

#include "base/secret.h"
#include "base/status.h"

namespace securechat::server {

// What a file held, and whose it was when it was read.
struct SmallFile {
  Secret text;
  uid_t owner = 0;
  gid_t group = 0;
  mode_t mode = 0;  // Permissions only.
};

// Reads a regular file of at most `most_kib` KiB. Anything else is refused without waiting: a pipe
// that nobody writes to would hold up whoever reads it, and a reload holds a lock meanwhile.
// kInvalid names the path and what is wrong with it.
Result<SmallFile> read_small_file(const std::string& path, std::size_t most_kib);

}  // namespace securechat::server
