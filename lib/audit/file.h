#pragma once

#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "audit/chain.h"
#include "base/status.h"

namespace securechat::audit {

// What tells one file from another, whatever it is called.
struct FileId {
  dev_t device = 0;
  ino_t inode = 0;
  friend bool operator==(const FileId&, const FileId&) = default;
};
// Of the file that `path` names now; kNotFound.
Result<FileId> file_at(const std::string& path);

// An audit log on disk, which nobody else appends to meanwhile. Every line follows the last one
// that the file holds. A line that was torn, by a crash or a full disk, is kept as it is; the next
// one, audit.torn, names what it was.
class File {
 public:
  // Creates it with mode 0600 or opens what is there: a regular file that others can neither read
  // nor write, and whose last line is one of a chain. kInvalid with the reason and the
  // cure.
  static Result<std::unique_ptr<File>> open(const std::string& path,
                                            std::shared_ptr<const Chain> chain);
  ~File();
  File(const File&) = delete;
  File& operator=(const File&) = delete;

  [[nodiscard]] FileId id() const { return id_; }
  // The file holds no line yet.
  [[nodiscard]] bool empty() const { return newest_.seq == 0 && torn_bytes_ == 0; }
  [[nodiscard]] const Link& newest() const { return newest_; }
  // This file, which is empty, goes on where another one ended.
  void follow(const Link& end) { newest_ = end; }
  // Writes one line; on failure nothing of it counts, and the next call begins with it anew.
  Status append(std::string_view members, std::int64_t unix_ms);
  Status sync();

 private:
  File(int descriptor, std::shared_ptr<const Chain> chain)
      : descriptor_(descriptor), chain_(std::move(chain)) {}
  Status check();
  Status read_end();
  [[nodiscard]] Status check_keyed(bool newest_is) const;
  Status write_line(std::string_view members, std::string_view before);
  Status mark_torn(std::int64_t unix_ms);

  const int descriptor_;
  const std::shared_ptr<const Chain> chain_;
  FileId id_;
  Link newest_;
  off_t end_ = 0;         // Behind the newest whole line.
  off_t torn_bytes_ = 0;  // What stands behind it.
  bool unended_ = false;  // The newest line lacks nothing but its end.
};

}  // namespace securechat::audit
