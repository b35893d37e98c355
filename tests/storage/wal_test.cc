#include <gtest/gtest.h>
#include <sqlite3.h>

#include <chrono>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "storage/fixture.h"

namespace securechat::storage {
namespace {

constexpr std::uintmax_t kKib = 1'024;

class WalTest : public StorageTest {
 protected:
  WalTest() {
    options_.checkpoint_pages = 50;  // 200 KiB.
    options_.starved_pages = 250;    // 1 MiB.
    log_.set_sink([this](LogLevel, std::string_view line) { lines_.emplace_back(line); });
  }
  // About that many KiB of messages, each committed alone.
  void write(Database& database, int kib) {
    for (int i = 0; i < kib / 8; ++i) {
      Message message = make_message(++messages_);
      message.body.assign(8 * kKib, 'x');
      ASSERT_TRUE(append(database, message).ok());
    }
  }
  [[nodiscard]] std::uintmax_t log_size() const {
    return std::filesystem::file_size(path("chat.db-wal"));
  }

  int messages_ = 0;
  std::vector<std::string> lines_;
};

// Another program in the middle of reading.
class LongReader {
 public:
  explicit LongReader(const std::string& path) {
    EXPECT_EQ(sqlite3_open(path.c_str(), &db_), SQLITE_OK);
    EXPECT_EQ(sqlite3_exec(db_, "BEGIN; SELECT count(*) FROM messages", nullptr, nullptr, nullptr),
              SQLITE_OK);
  }
  ~LongReader() { sqlite3_close(db_); }
  LongReader(const LongReader&) = delete;
  LongReader& operator=(const LongReader&) = delete;

 private:
  sqlite3* db_ = nullptr;
};

// Shows: R98
TEST_F(WalTest, TheLogStaysSmallHoweverMuchIsWritten) {
  const auto database = open();
  std::uintmax_t largest = 0;
  for (int i = 0; i < 10; ++i) {
    write(*database, 1'024);
    largest = std::max(largest, log_size());
  }
  EXPECT_GT(largest, 100 * kKib);
  EXPECT_LT(largest, 600 * kKib);
}

// Shows: R98
TEST_F(WalTest, AReaderThatDoesNotEndStopsNobodyAndIsNamed) {
  const auto database = open();
  write(*database, 64);
  auto reader = std::make_unique<LongReader>(path("chat.db"));
  const auto begun = std::chrono::steady_clock::now();
  write(*database, 6'144);
  const auto took = std::chrono::steady_clock::now() - begun;
  EXPECT_GT(log_size(), 5'000 * kKib) << "the reader still needs what was there";
  EXPECT_GT(database->stats().log_bytes, 5'000 * kKib);
  // Waited for once for each further MiB, a tenth of a second each; for each commit it would be 76
  // s.
  EXPECT_LT(took, std::chrono::seconds(30));
  ASSERT_FALSE(lines_.empty());
  EXPECT_NE(lines_.front().find("another program reads the database"), std::string::npos)
      << lines_.front();

  reader.reset();
  write(*database, 2'048);
  EXPECT_LT(log_size(), 1'000 * kKib) << "with the reader gone the log is small again";
  EXPECT_LT(database->stats().log_bytes, 1'000 * kKib);
}

}  // namespace
}  // namespace securechat::storage
