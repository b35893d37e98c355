#pragma once

#include <sqlite3.h>

#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>

#include "base/status.h"
#include "storage/sqlite_connection.h"

namespace securechat::storage {

// Bytes that are no text.
struct Blob {
  std::string_view bytes;
};
// A value that is NULL when it is empty.
template <typename T>
struct OrNull {
  T value;
};

// One use of a prepared statement: borrowed from its connection, given its parameters, stepped, and
// handed back by the destructor. Texts are borrowed, not copied, and must outlive the statement; a
// temporary string does not compile.
class Statement {
 public:
  template <typename... Args>
  Statement(SqliteConnection& connection, std::string_view sql, Args&&... args)
      : connection_(connection), statement_(connection.prepared(sql)) {
    static_assert((!std::is_same_v<std::remove_const_t<Args>, std::string> && ...),
                  "text is borrowed: bind a string that outlives the statement");
    if (statement_ == nullptr) {
      fail(connection_.last_error());
      return;
    }
    int index = 0;
    (bind(++index, args), ...);
  }
  ~Statement();
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;

  // True while there is a row. False at the end and after a failure, which status() tells apart.
  bool step();
  [[nodiscard]] const Status& status() const { return status_; }
  // Runs to the end without looking at rows.
  Status run();
  // Like run, for a statement that must change a row: kNotFound with `missing` when it did not.
  Status run_for_row(const char* missing);

  // Columns of the row, from 0. NULL reads as empty text and as 0.
  [[nodiscard]] std::string text(int column) const;
  [[nodiscard]] std::int64_t integer(int column) const;
  [[nodiscard]] bool boolean(int column) const { return integer(column) != 0; }

 private:
  void bind(int index, std::string_view value);
  void bind(int index, Blob value);
  template <std::integral T>
  void bind(int index, T value) {
    check(sqlite3_bind_int64(statement_, index, static_cast<sqlite3_int64>(value)));
  }
  template <typename T>
  void bind(int index, OrNull<T> value) {
    if (!is_empty(value.value)) bind(index, value.value);
  }
  static bool is_empty(std::string_view value) { return value.empty(); }
  static bool is_empty(Blob value) { return value.bytes.empty(); }
  void check(int rc) {
    if (rc != SQLITE_OK) fail(rc);
  }
  void fail(int rc);

  SqliteConnection& connection_;
  sqlite3_stmt* statement_;
  Status status_;
};

}  // namespace securechat::storage
