#include "server/small_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

#include "server/descriptor.h"

namespace securechat::server {
namespace {

Status unreadable(const std::string& path) {
  return {Code::kInvalid,
          path + ": cannot be read (" + std::generic_category().message(errno) + ")"};
}

}  // namespace

Result<SmallFile> read_small_file(const std::string& path, std::size_t most_kib) {
  // Nonblocking, so that opening a pipe does not wait for who writes to it.
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
  struct stat info {};
  if (file.number() < 0 || ::fstat(file.number(), &info) != 0) return unreadable(path);
  if (!S_ISREG(info.st_mode)) return Status(Code::kInvalid, path + ": is not a regular file");
  if (static_cast<std::size_t>(info.st_size) > most_kib * 1024) {
    return Status(Code::kInvalid, path + ": is larger than " + std::to_string(most_kib) + " KiB");
  }
  std::string text(static_cast<std::size_t>(info.st_size), '\0');
  std::size_t done = 0;
  ssize_t got = 0;
  do {
    got = ::read(file.number(), text.data() + done, text.size() - done);
    if (got > 0) done += static_cast<std::size_t>(got);
  } while (got > 0 || (got < 0 && errno == EINTR));
  const int error = errno;
  text.resize(done);  // It may have become shorter meanwhile; in place, so that no copy stays.
  SmallFile read{Secret::take(std::move(text)), info.st_uid, info.st_gid, info.st_mode & 07777U};
  errno = error;
  if (got < 0) return unreadable(path);
  return read;
}

}  // namespace securechat::server
