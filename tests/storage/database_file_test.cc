#include "storage/database_file.h"

#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fixture.h"

namespace securechat::storage {
namespace {

class DatabaseFileTest : public StorageTest {
 protected:
  // Opening fails, and the message holds each of `words`.
  void refuses(Code code, const std::vector<std::string>& words) {
    Result<std::unique_ptr<Database>> database = try_open();
    EXPECT_EQ(database.code(), code);
    for (const std::string& word : words) {
      EXPECT_NE(database.message().find(word), std::string::npos)
          << word << " is missing in: " << database.message();
    }
  }
  static mode_t mode(const std::string& file) {
    struct stat entry {};
    EXPECT_EQ(::lstat(file.c_str(), &entry), 0) << file;
    return entry.st_mode & 07777U;
  }
};

// Shows: R95
TEST_F(DatabaseFileTest, IsPrivateWhateverTheUmask) {
  const mode_t before = ::umask(0);
  const std::unique_ptr<Database> database = open();
  ASSERT_TRUE(append(*database, make_message(1)).ok());
  EXPECT_EQ(::umask(before), 0U);
  EXPECT_EQ(mode(options_.path), 0600U);
  EXPECT_EQ(mode(options_.path + "-wal"), 0600U);
  EXPECT_EQ(mode(options_.path + "-shm"), 0600U);
}

// Shows: R95
TEST_F(DatabaseFileTest, AFileThatOthersCanReadIsRefused) {
  open()->close();
  for (const mode_t open_mode : {0644U, 0640U, 0602U}) {
    ASSERT_EQ(::chmod(options_.path.c_str(), open_mode), 0);
    refuses(Code::kDatabase, {"chat.db", "chmod 600"});
  }
  ASSERT_EQ(::chmod(options_.path.c_str(), 0600), 0);
  EXPECT_TRUE(try_open().ok());
}

// Shows: R95
TEST_F(DatabaseFileTest, ASymbolicLinkIsRefused) {
  open()->close();
  ASSERT_EQ(::symlink(options_.path.c_str(), path("link.db").c_str()), 0);
  options_.path = path("link.db");
  refuses(Code::kDatabase, {"link.db", "symbolic link"});
  ASSERT_EQ(::symlink(path("nowhere").c_str(), path("dangling.db").c_str()), 0);
  options_.path = path("dangling.db");
  refuses(Code::kDatabase, {"symbolic link"});
  EXPECT_FALSE(std::filesystem::exists(path("nowhere")));
}

TEST_F(DatabaseFileTest, ADirectoryBehindALinkIsFine) {
  ASSERT_EQ(::mkdir(path("data").c_str(), 0700), 0);
  ASSERT_EQ(::symlink(path("data").c_str(), path("link").c_str()), 0);
  options_.path = path("link/chat.db");
  EXPECT_TRUE(try_open().ok());
  EXPECT_TRUE(std::filesystem::exists(path("data/chat.db")));
}

TEST_F(DatabaseFileTest, PathsThatCannotBeAreRefusedClearly) {
  options_.path = "";
  refuses(Code::kInvalid, {"db.path is empty"});
  options_.path = path("missing/chat.db");
  refuses(Code::kDatabase, {"missing", "mkdir"});
  options_.path = directory_ + "/";
  refuses(Code::kInvalid, {"directory"});
  options_.path = directory_;
  refuses(Code::kDatabase, {"not a regular file"});
  options_.path = std::string("a\0b", 3);
  refuses(Code::kInvalid, {"NUL"});
}

// Shows: R96
TEST_F(DatabaseFileTest, APathIsNeverAUri) {
  options_.path = path("file:x?mode=memory");
  open()->close();
  EXPECT_TRUE(std::filesystem::exists(options_.path));
}

TEST_F(DatabaseFileTest, AFileThatIsNoDatabaseIsRefused) {
  std::ofstream(options_.path) << std::string(8192, 'x');
  ::chmod(options_.path.c_str(), 0600);
  refuses(Code::kDatabase, {"chat.db", "no database", "backup"});
}

// Shows: R96
TEST_F(DatabaseFileTest, ADamagedFileIsRefused) {
  {
    const std::unique_ptr<Database> database = open();
    for (int n = 1; n <= 300; ++n) {
      ASSERT_TRUE(append(*database, make_message(n)).ok());
    }
  }
  std::fstream file(options_.path, std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(0, std::ios::end);
  const std::streamoff size = file.tellp();
  ASSERT_GT(size, 10 * 4096);
  for (std::streamoff page = size / 2 / 4096; page < size / 4096; ++page) {
    file.seekp(page * 4096 + 8);
    file << std::string(200, '\xA5');
  }
  file.close();
  refuses(Code::kDatabase, {"chat.db", "damaged", "Restore it from a backup"});
}

TEST_F(DatabaseFileTest, TheDatabaseOfAnotherProgramIsRefusedAndUntouched) {
  sqlite3* other = nullptr;
  ASSERT_EQ(sqlite3_open(options_.path.c_str(), &other), SQLITE_OK);
  sqlite3_exec(other, "CREATE TABLE x (y)", nullptr, nullptr, nullptr);
  sqlite3_close(other);
  ::chmod(options_.path.c_str(), 0600);
  std::string before;
  std::getline(std::ifstream(options_.path), before, '\0');
  const auto written = std::filesystem::last_write_time(options_.path);
  refuses(Code::kDatabase, {"another program"});
  EXPECT_EQ(std::filesystem::last_write_time(options_.path), written);
}

TEST_F(DatabaseFileTest, OpeningTwiceInOneProcessKeepsTheLocks) {
  const std::unique_ptr<Database> first = open();
  const std::unique_ptr<Database> second = open();
  for (int n = 0; n < 20; n += 2) {
    ASSERT_TRUE(append(*first, make_message(n)).ok());
    ASSERT_TRUE(append(*second, make_message(n + 1)).ok());
  }
  EXPECT_EQ(seqs(*first), numbers_to(20));
  EXPECT_EQ(seqs(*second), numbers_to(20));
}

}  // namespace
}  // namespace securechat::storage
