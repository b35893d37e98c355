// SQLite alone: the same rows as a message of securechatd's into the same table, 100 to a
// transaction, WAL and synchronous=FULL, on a copy of a database that securechatd has made.
#include <sqlite3.h>

#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <stdexcept>
#include <string>

namespace {

constexpr int kRowsPerTransaction = 100;
constexpr int kTextBytes = 100;

using Clock = std::chrono::steady_clock;

class Database {
 public:
  explicit Database(const char* path) {
    if (sqlite3_open(path, &db_) != SQLITE_OK) fail("open");
    execute("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA cache_size=-8192;");
    execute(
        "INSERT INTO rooms (id, nsp, name, owner_id, is_private, last_seq, created_at_ms)"
        " VALUES (900000, '/', 'bench', '', 0, 0, 0)");
    if (sqlite3_prepare_v2(db_,
                           "INSERT INTO messages (room_id, seq, id, user_id, username, body,"
                           " created_at_ms) VALUES (900000, ?, ?, ?, 'person1', ?, ?)",
                           -1, &insert_, nullptr) != SQLITE_OK) {
      fail("prepare");
    }
  }
  ~Database() {
    sqlite3_finalize(insert_);
    sqlite3_close(db_);
  }
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  void execute(const char* sql) {
    if (sqlite3_exec(db_, sql, nullptr, nullptr, nullptr) != SQLITE_OK) fail(sql);
  }

  void insert(long long seq) {
    std::array<unsigned char, 16> random;
    sqlite3_randomness(static_cast<int>(random.size()), random.data());
    std::array<char, 33> id = {};
    for (std::size_t i = 0; i < random.size(); ++i) {
      std::snprintf(id.data() + 2 * i, 3, "%02x", static_cast<unsigned>(random[i]));
    }
    sqlite3_bind_int64(insert_, 1, seq);
    sqlite3_bind_text(insert_, 2, id.data(), 32, SQLITE_TRANSIENT);
    sqlite3_bind_text(insert_, 3, "0123456789abcdef0123456789abcdef", 32, SQLITE_STATIC);
    sqlite3_bind_text(insert_, 4, body_.data(), kTextBytes, SQLITE_STATIC);
    sqlite3_bind_int64(insert_, 5, 1'700'000'000'000 + seq);
    if (sqlite3_step(insert_) != SQLITE_DONE) fail("insert");
    sqlite3_reset(insert_);
  }

 private:
  [[noreturn]] void fail(const char* what) {
    throw std::runtime_error(std::string(what) + ": " + sqlite3_errmsg(db_));
  }

  sqlite3* db_ = nullptr;
  sqlite3_stmt* insert_ = nullptr;
  const std::string body_ = std::string(kTextBytes, 'x');
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fputs("usage: sqlite-rows DATABASE SECONDS\n", stderr);
    return 2;
  }
  try {
    Database database(argv[1]);
    const double wanted = std::atof(argv[2]);
    const Clock::time_point begin = Clock::now();
    long long rows = 0;
    double seconds = 0;
    while (seconds < wanted) {
      database.execute("BEGIN IMMEDIATE");
      for (int i = 0; i < kRowsPerTransaction; ++i) database.insert(++rows);
      database.execute("COMMIT");
      seconds = std::chrono::duration<double>(Clock::now() - begin).count();
    }
    std::printf("{\"run\":\"sqlite\",\"measured\":%lld,\"seconds\":%.3f,\"per_second\":%.1f}\n",
                rows, seconds, static_cast<double>(rows) / seconds);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "sqlite-rows: %s\n", error.what());
    return 1;
  }
}
