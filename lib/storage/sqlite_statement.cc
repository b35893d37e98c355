#include "storage/sqlite_statement.h"

namespace securechat::storage {

Statement::~Statement() {
  if (statement_ == nullptr) {
    return;
  }
  sqlite3_reset(statement_);
  sqlite3_clear_bindings(statement_);
}

bool Statement::step() {
  if (!status_.ok()) {
    return false;
  }
  const int rc = sqlite3_step(statement_);
  if (rc == SQLITE_ROW) {
    return true;
  }
  if (rc != SQLITE_DONE) {
    fail(rc);
  }
  return false;
}

Status Statement::run() {
  while (step()) {
  }
  return status_;
}

Status Statement::run_for_row(const char* missing) {
  while (step()) {
  }
  if (status_.ok() && connection_.changes() == 0) {
    return Status(Code::kNotFound, missing);
  }
  return status_;
}

std::string Statement::text(int column) const {
  // The encoding is UTF-8 throughout, so that the bytes of a text are what is wanted; asking for
  // them as a blob spares SQLite a terminated copy.
  const void* bytes = sqlite3_column_blob(statement_, column);
  const int size = sqlite3_column_bytes(statement_, column);
  if (bytes == nullptr || size <= 0) {
    return {};
  }
  return std::string(static_cast<const char*>(bytes), static_cast<std::size_t>(size));
}

std::int64_t Statement::integer(int column) const {
  return sqlite3_column_int64(statement_, column);
}

void Statement::bind(int index, std::string_view value) {
  // A null pointer would bind NULL, and an empty view may hold one.
  const char* data = value.data() == nullptr ? "" : value.data();
  check(sqlite3_bind_text64(statement_, index, data, value.size(), SQLITE_STATIC, SQLITE_UTF8));
}

void Statement::bind(int index, Blob value) {
  const char* data = value.bytes.data() == nullptr ? "" : value.bytes.data();
  check(sqlite3_bind_blob64(statement_, index, data, value.bytes.size(), SQLITE_STATIC));
}

void Statement::fail(int rc) {
  if (status_.ok()) {
    status_ = connection_.fault(rc);
  }
}

}  // namespace securechat::storage
