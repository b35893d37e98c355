#include <signal.h>
#include <sqlite3.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fixture.h"

namespace securechat::storage {
namespace {

class DiskFullTest : public StorageTest {
 protected:
  // In a process of its own: files may not grow beyond `bytes`, as on a full disk.
  static void limit_files(rlim_t bytes) {
    rlimit limit{};
    ::getrlimit(RLIMIT_FSIZE, &limit);
    limit.rlim_cur = bytes;
    ::setrlimit(RLIMIT_FSIZE, &limit);
  }
};

// What the child checks; its exit code says what failed.
int fill_and_recover(Database& database, void (*limit)(rlim_t)) {
  ::signal(SIGXFSZ, SIG_IGN);
  if (!append(database, make_message(1)).ok()) {
    return 10;
  }
  limit(200'000);
  int stored = 1;
  int refused = 0;
  for (int n = 2; n < 2000 && refused < 3; ++n) {
    Message message = make_message(n);
    message.body.assign(2000, 'x');
    const Status status = append(database, message);
    if (status.ok()) {
      ++stored;
      if (refused > 0) {
        return 11;
      }
      continue;
    }
    ++refused;
    if (status.code() != Code::kDatabase) {
      return 12;
    }
    if (status.message().find('/') != std::string::npos) {
      return 13;
    }
  }
  if (refused != 3) {
    return 14;
  }
  // Reads go on, and see what was answered and nothing else.
  if (seqs(database) != numbers_to(stored)) {
    return 15;
  }
  // A whole group is answered too.
  for (int n = 0; n < 20; ++n) {
    Message message = make_message(3000 + n);
    message.body.assign(2000, 'x');
    const Status queued = database.write(
        [message](Stores& s) mutable {
          bool duplicate = false;
          return s.messages.append(message, duplicate);
        },
        [](const Status& status) {
          if (status.code() != Code::kDatabase) {
            ::_exit(16);
          }
        });
    if (!queued.ok()) {
      return 17;
    }
  }
  (void)database.write_and_wait([](Stores&) { return Status(); });
  limit(RLIM_INFINITY);
  // Room was made: it goes on without a restart and without a gap.
  for (int n = 0; n < 200; ++n) {
    if (!append(database, make_message(5000 + n)).ok()) {
      return 18;
    }
  }
  if (seqs(database) != numbers_to(stored + 200)) {
    return 19;
  }
  return 0;
}

// Shows: R97
TEST_F(DiskFullTest, AnswersWithAnErrorAndRecovers) {
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    int result = 1;
    if (Result<std::unique_ptr<Database>> database = try_open(); database.ok()) {
      result = fill_and_recover(**database, &limit_files);
      (*database)->close();
    }
    ::_exit(result);
  }
  int how = 0;
  ASSERT_EQ(::waitpid(child, &how, 0), child);
  ASSERT_TRUE(WIFEXITED(how));
  EXPECT_EQ(WEXITSTATUS(how), 0);
  const std::unique_ptr<Database> database = open();
  EXPECT_GE(seqs(*database).size(), 201U);
}

// Shows: R96 R97
TEST_F(DiskFullTest, AnotherProgramsLockIsABoundedWaitAndThenAnError) {
  const std::unique_ptr<Database> database = open();
  ASSERT_TRUE(append(*database, make_message(1)).ok());
  sqlite3* other = nullptr;
  ASSERT_EQ(sqlite3_open(options_.path.c_str(), &other), SQLITE_OK);
  ASSERT_EQ(sqlite3_exec(other, "BEGIN IMMEDIATE", nullptr, nullptr, nullptr), SQLITE_OK);
  const Status status = append(*database, make_message(2));
  EXPECT_EQ(status.code(), Code::kDatabase);
  EXPECT_NE(status.message().find("locked by another program"), std::string::npos);
  EXPECT_EQ(seqs(*database), numbers_to(1));
  sqlite3_exec(other, "ROLLBACK", nullptr, nullptr, nullptr);
  sqlite3_close(other);
  EXPECT_TRUE(append(*database, make_message(2)).ok());
  EXPECT_EQ(seqs(*database), numbers_to(2));
}

TEST_F(DiskFullTest, OpeningALockedFileIsABoundedWaitAndThenAnError) {
  open()->close();
  sqlite3* other = nullptr;
  ASSERT_EQ(sqlite3_open(options_.path.c_str(), &other), SQLITE_OK);
  ASSERT_EQ(sqlite3_exec(other,
                         "PRAGMA locking_mode=EXCLUSIVE; BEGIN EXCLUSIVE;"
                         "CREATE TABLE x (y); ROLLBACK; BEGIN EXCLUSIVE",
                         nullptr, nullptr, nullptr),
            SQLITE_OK);
  Result<std::unique_ptr<Database>> database = try_open();
  EXPECT_EQ(database.code(), Code::kDatabase);
  EXPECT_NE(database.message().find("locked by another program"), std::string::npos)
      << database.message();
  sqlite3_close(other);
  EXPECT_TRUE(try_open().ok());
}

}  // namespace
}  // namespace securechat::storage
