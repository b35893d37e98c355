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
#include "server/descriptor.h"
#include "server/small_file.h"

namespace securechat::server {
namespace {

constexpr std::size_t kLargestKib = 256;
// A new file is never wider than this, whatever the old one was.
constexpr mode_t kWidest = S_IRUSR | S_IWUSR | S_IRGRP;

Status at(const std::string& path, std::string_view why) {
  return {Code::kInvalid, path + ": " + std::string(why)};
}

Status failed(const std::string& path, std::string_view what) {
  return at(path, std::string(what) + " (" + std::generic_category().message(errno) + ")");
}

Result<SmallFile> read_private(const std::string& path) {
  Result<SmallFile> file = read_small_file(path, kLargestKib);
  if (file.ok() && (file->mode & (S_IWGRP | S_IRWXO)) != 0) {
    return at(path,
              "may be read by everyone or written by others; protect it with: chmod 600 " + path);
  }
  return file;
}

Result<auth::KeySet> keys_in(const SmallFile& file, const std::string& path) {
  Result<auth::KeySet> keys = auth::parse_key_set(file.text.view());
  if (!keys.ok()) return at(path, keys.message());
  return keys;
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

// The new file until it takes the old one's place. As long as it is there no other rotation begins;
// every way out but replace() removes it.
class Draft {
 public:
  explicit Draft(const std::string& path)
      : path_(path),
        name_(path + ".new"),
        file_(::open(name_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600)) {
    if (file_.number() >= 0) return;
    status_ = errno == EEXIST
                  ? at(name_,
                       "is there already: another rotation runs, or one was cut short; when none "
                       "runs, remove it with: rm " +
                           name_)
                  : failed(name_, "cannot be made");
  }
  Draft(const Draft&) = delete;
  Draft& operator=(const Draft&) = delete;
  ~Draft() {
    if (file_.number() >= 0 && !moved_) ::unlink(name_.c_str());
  }

  [[nodiscard]] const Status& status() const { return status_; }
  Status take_over(const SmallFile& old);
  Status replace(std::string_view text);

 private:
  const std::string& path_;
  std::string name_;
  Descriptor file_;
  Status status_;
  bool moved_ = false;
};

// Whoever could read the old file can read the new one: root may rotate for the server. The group
// is of no account where it may not read.
Status Draft::take_over(const SmallFile& old) {
  struct stat own {};
  if (::fstat(file_.number(), &own) != 0) return failed(name_, "cannot be looked at");
  const bool matters =
      own.st_uid != old.owner || (own.st_gid != old.group && (old.mode & S_IRGRP) != 0);
  const bool given = (own.st_uid == old.owner && own.st_gid == old.group) ||
                     ::fchown(file_.number(), old.owner, old.group) == 0;
  if (!given && matters) {
    return failed(name_, "cannot be given to the owner and group of " + path_ +
                             "; rotate as its owner or as root");
  }
  if (::fchmod(file_.number(), old.mode & kWidest) == 0) return {};
  return failed(name_, "cannot be given the mode of " + path_);
}

Status Draft::replace(std::string_view text) {
  if (!write_all(file_.number(), text)) return failed(name_, "cannot be written");
  if (std::rename(name_.c_str(), path_.c_str()) != 0) return failed(path_, "cannot be replaced");
  moved_ = true;
  if (sync_folder(path_)) return {};
  return failed(path_, "was replaced, but a power cut may undo it: its folder cannot be synced");
}

}  // namespace

Result<auth::KeySet> read_key_file(const std::string& path) {
  const Result<SmallFile> file = read_private(path);
  if (!file.ok()) return file.status();
  return keys_in(*file, path);
}

Result<auth::KeySet> rotate_key_file(const std::string& path, std::size_t keep,
                                     std::int64_t unix_ms) {
  // Before the old keys are read, so that two rotations cannot both begin with the same ones.
  Draft draft(path);
  if (!draft.status().ok()) return draft.status();
  auth::KeySet old;
  if (::access(path.c_str(), F_OK) == 0) {
    const Result<SmallFile> file = read_private(path);
    if (!file.ok()) return file.status();
    Result<auth::KeySet> read = keys_in(*file, path);
    if (!read.ok()) return read;
    if (Status taken = draft.take_over(*file); !taken.ok()) return taken;
    old = *std::move(read);
  }
  const std::string day = iso8601(unix_ms).substr(0, 10);
  Result<auth::KeySet> keys = auth::rotate_keys(std::move(old), keep, day + "-");
  if (!keys.ok()) return keys;
  std::string text;
  auth::write_key_set(*keys, text);
  text += '\n';
  Status written = draft.replace(text);
  wipe(text);
  if (!written.ok()) return written;
  return keys;
}

}  // namespace securechat::server
