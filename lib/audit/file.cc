#include "audit/file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>

#include "audit/event.h"
#include "base/text.h"

namespace securechat::audit {
namespace {

// In so many bytes from the end on the newest whole line stands.
constexpr off_t kTail = 65'536;

std::string error_text(int error) {
  return std::generic_category().message(error);
}

Status unusable(std::string why) {
  return {Code::kInvalid, "log.audit_file " + std::move(why)};
}

Result<std::string> read_at(int descriptor, off_t from, off_t length) {
  std::string bytes(static_cast<std::size_t>(length), '\0');
  std::size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t got = ::pread(descriptor, bytes.data() + done, bytes.size() - done,
                                from + static_cast<off_t>(done));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return Status(Code::kInternal, "cannot be read: " + error_text(errno));
    if (got == 0) break;
    done += static_cast<std::size_t>(got);
  }
  bytes.resize(done);
  return bytes;
}

}  // namespace

Result<FileId> file_at(const std::string& path) {
  struct stat info {};
  if (::lstat(path.c_str(), &info) != 0) return Status(Code::kNotFound, error_text(errno));
  return FileId{info.st_dev, info.st_ino};
}

Result<std::unique_ptr<File>> File::open(const std::string& path,
                                         std::shared_ptr<const Chain> chain) {
  // Nonblocking, so that a pipe of that name holds nobody up before it is refused.
  constexpr int kFlags = O_RDWR | O_APPEND | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK;
  int descriptor = ::open(path.c_str(), kFlags | O_CREAT | O_EXCL, 0600);
  if (descriptor < 0 && errno == EEXIST) descriptor = ::open(path.c_str(), kFlags);
  if (descriptor < 0) {
    const int error = errno;
    if (error == ELOOP) return unusable(path + " is a symbolic link; name the file itself");
    return unusable(path + " cannot be opened: " + error_text(error));
  }
  std::unique_ptr<File> file(new File(descriptor, std::move(chain)));
  Status status = file->check();
  if (status.ok()) status = file->read_end();
  if (!status.ok()) return Status(status.code(), "log.audit_file " + path + " " + status.message());
  return file;
}

File::~File() {
  ::close(descriptor_);
}

Status File::check() {
  struct stat info {};
  if (::fstat(descriptor_, &info) != 0) return {Code::kInvalid, error_text(errno)};
  if (!S_ISREG(info.st_mode)) return {Code::kInvalid, "is not a regular file"};
  if ((info.st_mode & (S_IWGRP | S_IRWXO)) != 0) {
    return {Code::kInvalid,
            "may be read by everyone or written by others; protect it with: chmod 600"};
  }
  if (info.st_uid != ::geteuid() && info.st_uid != 0) {
    return {Code::kInvalid, "belongs to another user; give a file of the server's own"};
  }
  if (::flock(descriptor_, LOCK_EX | LOCK_NB) != 0) {
    return {Code::kInvalid, "is in use by another server; give each its own"};
  }
  id_ = {info.st_dev, info.st_ino};
  return {};
}

// A chain with a key does not go on from lines that anyone could have made.
Status File::check_keyed(bool newest_is) const {
  if (newest_is || !chain_->keyed()) return {};
  return {Code::kInvalid,
          "was written without log.audit_key; move it away, so that a new one begins with the key"};
}

// Finds the newest line of the chain; what stands behind it is what a crash left of another.
Status File::read_end() {
  const off_t size = ::lseek(descriptor_, 0, SEEK_END);
  const off_t from = std::max<off_t>(size - kTail, 0);
  const Result<std::string> tail = read_at(descriptor_, from, size - from);
  if (!tail.ok()) return tail.status();
  end_ = size;
  const std::size_t last = tail->rfind('\n') + 1;  // 0 when there is none.
  if (const auto unended = read_sealed(std::string_view(*tail).substr(last))) {
    newest_ = unended->link;
    unended_ = true;
    return check_keyed(unended->keyed);
  }
  std::size_t end = tail->rfind('\n');
  while (end != std::string::npos) {
    const std::size_t before = end == 0 ? std::string::npos : tail->rfind('\n', end - 1);
    const std::size_t begin = before == std::string::npos ? 0 : before + 1;
    if (const auto sealed = read_sealed(std::string_view(*tail).substr(begin, end - begin))) {
      newest_ = sealed->link;
      end_ = from + static_cast<off_t>(end + 1);
      if (Status status = check_keyed(sealed->keyed); !status.ok()) return status;
      break;
    }
    end = before;
  }
  torn_bytes_ = newest_.seq == 0 ? size : size - end_;
  if (torn_bytes_ == 0) return {};
  const bool first_line_torn = tail->starts_with("{") && from == 0;
  // A crash tears a line; it does not end one.
  if (tail->ends_with('\n') || (newest_.seq == 0 && !first_line_torn)) {
    return {Code::kInvalid,
            "does not end as an audit log does; look at it (securechatd audit verify) and move it "
            "away"};
  }
  if (newest_.seq == 0) end_ = 0;
  return {};
}

Status File::append(std::string_view members, std::int64_t unix_ms) {
  if (torn_bytes_ > 0) {
    if (Status marked = mark_torn(unix_ms); !marked.ok()) return marked;
  }
  return write_line(members, {});
}

Status File::mark_torn(std::int64_t unix_ms) {
  const Result<std::string> torn = read_at(descriptor_, end_, torn_bytes_);
  if (!torn.ok()) return torn.status();
  const Result<std::string> digest = sha256(*torn);
  if (!digest.ok()) return digest.status();
  return write_line(own_members("audit.torn", unix_ms,
                                R"(,"bytes":)" + std::to_string(torn->size()) + R"(,"torn":")" +
                                    hex_encode(*digest) + "\""),
                    "\n");
}

Status File::write_line(std::string_view members, std::string_view before) {
  Link link = newest_;
  const Result<std::string> sealed = chain_->seal(link, members);
  if (!sealed.ok()) return sealed.status();
  const std::string bytes = (unended_ ? "\n" : std::string(before)) + *sealed + "\n";
  ssize_t written = -1;
  do {
    written = ::write(descriptor_, bytes.data(), bytes.size());
  } while (written < 0 && errno == EINTR);
  const auto size = static_cast<ssize_t>(bytes.size());
  if (written >= size - 1) {  // All that counts; the line end comes with the next one.
    unended_ = written < size;
    newest_ = std::move(link);
    end_ += torn_bytes_ + written;
    torn_bytes_ = 0;
    return {};
  }
  const int error = written < 0 ? errno : ENOSPC;
  if (written > 0 && std::exchange(unended_, false)) {  // That much of it belongs to the last line.
    ++end_;
    --written;
  }
  torn_bytes_ += std::max<ssize_t>(written, 0);
  return {Code::kInternal, error_text(error)};
}

Status File::sync() {
  if (::fdatasync(descriptor_) == 0) return {};
  return {Code::kInternal, error_text(errno)};
}

}  // namespace securechat::audit
