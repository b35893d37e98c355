#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "auth/key_set.h"
#include "base/status.h"

namespace securechat::server {

// Reads a file of secret keys (auth/key_set.h). kInvalid names the path: it cannot be read, is no
// regular file, may be read or written by others, or holds a bad key.
Result<auth::KeySet> read_key_file(const std::string& path);

// Puts a new signing key of each use at the head of the file and keeps `keep` of the older ones
// behind it; makes the file, with mode 0600, when there is none. The new file is the old one's
// owner's and group's and has its mode, but nothing beyond 0640. The old file is replaced in one
// step: a crash or a full disk leaves it as it was. `path`.new is there meanwhile; while it is,
// another rotation is refused (kInvalid says what to do). Answers what the file holds now.
Result<auth::KeySet> rotate_key_file(const std::string& path, std::size_t keep,
                                     std::int64_t unix_ms);

}  // namespace securechat::server
