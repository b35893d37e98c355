#include "server/key_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <string_view>
#include <system_error>
#include <utility>

#include "base/secret.h"
#include "base/text.h"

namespace securechat::server {
namespace {

constexpr off_t kLargest = 256 * 1024;

// An open file, which no way out of a function leaves open.
class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  [[nodiscard]] int number() const { return number_; }

 private:
  int number_;
};

Status at(const std::string& path, std::string_view why) {
  return {Code::kInvalid, path + ": " + std::string(why)};
}

Status failed(const std::string& path, std::string_view what) {
  return at(path, std::string(what) + " (" + std::generic_category().message(errno) + ")");
}

Status check_file(const std::string& path, const struct stat& info) {
  if (!S_ISREG(info.st_mode)) return at(path, "is not a regular file");
  if ((info.st_mode & (S_IWGRP | S_IRWXO)) != 0) {
    return at(path,
              "may be read by everyone or written by others; protect it with: chmod 600 " + path);
  }
  if (info.st_size > kLargest) return at(path, "is larger than 256 KiB");
  return {};
}

Result<Secret> read_all(const std::string& path) {
  // Nonblocking, so that a pipe of that name holds nobody up before it is refused.
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  struct stat info {};
  if (file.number() < 0 || ::fstat(file.number(), &info) != 0) {
    return failed(path, "cannot be read");
  }
  if (Status good = check_file(path, info); !good.ok()) return good;
  std::string text(static_cast<std::size_t>(info.st_size), '\0');
  std::size_t done = 0;
  ssize_t got = 0;
  do {
    got = ::read(file.number(), text.data() + done, text.size() - done);
    if (got > 0) done += static_cast<std::size_t>(got);
  } while (got > 0 || (got < 0 && errno == EINTR));
  Secret secret = Secret::take(std::move(text));
  if (got < 0) return failed(path, "cannot be read");
  return secret;
}

bool write_all(int descriptor, std::string_view text) {
  while (!text.empty()) {
    const ssize_t sent = ::write(descriptor, text.data(), text.size());
    if (sent < 0 && errno == EINTR) continue;
    if (sent <= 0) return false;
    text.remove_prefix(static_cast<std::size_t>(sent));
  }
  return ::fsync(descriptor) == 0;
}

// The name is on the disk, too, once its folder is.
bool sync_folder(const std::string& path) {
  const std::filesystem::path folder = std::filesystem::path(path).parent_path();
  const Descriptor opened(
      ::open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  return opened.number() >= 0 && ::fsync(opened.number()) == 0;
}

Status replace_file(const std::string& path, std::string_view text) {
  const std::string draft = path + ".new";
  {
    const Descriptor file(
        ::open(draft.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
    if (file.number() < 0 && errno == EEXIST) {
      return at(draft, "is there already, from another rotation; remove it when none is running");
    }
    if (file.number() < 0) return failed(draft, "cannot be made");
    if (!write_all(file.number(), text)) {
      Status status = failed(draft, "cannot be written");
      ::unlink(draft.c_str());
      return status;
    }
  }
  if (std::rename(draft.c_str(), path.c_str()) != 0 || !sync_folder(path)) {
    Status status = failed(path, "cannot be replaced");
    ::unlink(draft.c_str());
    return status;
  }
  return {};
}

}  // namespace

Result<auth::KeySet> read_key_file(const std::string& path) {
  const Result<Secret> text = read_all(path);
  if (!text.ok()) return text.status();
  Result<auth::KeySet> keys = auth::parse_key_set(text->view());
  if (!keys.ok()) return at(path, keys.message());
  return keys;
}

Result<auth::KeySet> rotate_key_file(const std::string& path, std::size_t keep,
                                     std::int64_t unix_ms) {
  auth::KeySet old;
  if (::access(path.c_str(), F_OK) == 0) {
    Result<auth::KeySet> read = read_key_file(path);
    if (!read.ok()) return read;
    old = *std::move(read);
  }
  const std::string day = iso8601(unix_ms).substr(0, 10);
  Result<auth::KeySet> keys = auth::rotate_keys(std::move(old), keep, day + "-");
  if (!keys.ok()) return keys;
  std::string text;
  auth::write_key_set(*keys, text);
  text += '\n';
  Status written = replace_file(path, text);
  wipe(text);
  if (!written.ok()) return written;
  return keys;
}

}  // namespace securechat::server
