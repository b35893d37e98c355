#pragma once

#include <string>

#include "base/status.h"

namespace securechat::storage {

inline constexpr const char* kInMemoryPath = ":memory:";

// Makes sure that the file at `path` is one SQLite may open: it is created with mode 0600 when it
// does not exist; a symbolic link, anything but a regular file, and a file (or its -wal and -shm)
// that group or others may use are refused. Answers the path with its directory made absolute and
// free of links, which SQLite's own refusal of links requires and which is never read as a URI.
Result<std::string> prepare_database_file(const std::string& path);

// Creates a new file with mode 0600; kExists when there is one already. The umask of the process,
// which belongs to the host, is left alone.
Status create_private_file(const std::string& path);

}  // namespace securechat::storage
