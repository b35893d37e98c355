#include "storage/database_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <memory>
#include <string_view>
#include <system_error>

namespace securechat::storage {
namespace {

std::string error_text(int error) {
  return std::generic_category().message(error);
}

// The directory of `path`, absolute and without links, and the name behind it.
Result<std::string> resolve(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  const std::string directory = slash == std::string::npos ? "." : path.substr(0, slash + 1);
  const std::string name = slash == std::string::npos ? path : path.substr(slash + 1);
  if (name.empty() || name == "." || name == "..") {
    return Status(Code::kInvalid, "db.path " + path + " names a directory. Give it a file name.");
  }
  const std::unique_ptr<char, decltype(&std::free)> real(::realpath(directory.c_str(), nullptr),
                                                         &std::free);
  if (real == nullptr) {
    return Status(Code::kDatabase, "The directory " + directory +
                                       " of db.path cannot be used: " + error_text(errno) +
                                       ". Create it (mkdir -m 700) or change db.path.");
  }
  std::string resolved = real.get();
  if (resolved != "/") {
    resolved += '/';
  }
  return resolved + name;
}

// The file is only looked at: opening and closing it here would drop the locks that another
// connection of this process holds on it (POSIX locks belong to the process).
Status check_existing(const std::string& path, const struct stat& entry) {
  if (S_ISLNK(entry.st_mode)) {
    return Status(Code::kDatabase,
                  path + " is a symbolic link. Set db.path to the file that it points to.");
  }
  if (!S_ISREG(entry.st_mode)) {
    return Status(Code::kDatabase, path + " is not a regular file. Change db.path.");
  }
  if ((entry.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
    return Status(Code::kDatabase, path + " is open to group or others. Run: chmod 600 " + path);
  }
  return {};
}

}  // namespace

Status create_private_file(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (fd < 0) {
    const int error = errno;
    return Status(error == EEXIST ? Code::kExists : Code::kDatabase,
                  "Cannot create " + path + ": " + error_text(error) + ".");
  }
  // The file is new, so that no lock is lost by closing it.
  ::close(fd);
  return {};
}

Result<std::string> prepare_database_file(const std::string& path) {
  if (path.empty()) {
    return Status(Code::kInvalid,
                  "db.path is empty. Give a file name, or :memory: to keep nothing.");
  }
  if (path.find('\0') != std::string::npos) {
    return Status(Code::kInvalid, "db.path contains a NUL character. Give a plain file name.");
  }
  Result<std::string> resolved = resolve(path);
  if (!resolved.ok()) {
    return resolved;
  }

  const Status created = create_private_file(*resolved);
  if (created.ok()) {
    return resolved;
  }
  if (created.code() != Code::kExists) {
    return created;
  }

  for (const std::string_view suffix : {"", "-wal", "-shm"}) {
    const std::string name = *resolved + std::string(suffix);
    struct stat entry {};
    if (::lstat(name.c_str(), &entry) != 0) {
      if (errno == ENOENT && !suffix.empty()) {
        continue;
      }
      return Status(Code::kDatabase, "Cannot look at " + name + ": " + error_text(errno) + ".");
    }
    if (Status status = check_existing(name, entry); !status.ok()) {
      return status;
    }
  }
  return resolved;
}

}  // namespace securechat::storage
