#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <thread>

#include "fixture.h"

namespace securechat::storage {
namespace {

class CrashTest : public StorageTest {
 protected:
  // Stores messages for ever and reports each answered one to the pipe.
  [[noreturn]] void write_until_killed(int pipe) {
    Result<std::unique_ptr<Database>> database = try_open();
    if (!database.ok()) {
      ::_exit(1);
    }
    std::atomic<int> waiting{0};
    for (int n = 1;; ++n) {
      while (waiting > 100) {
        std::this_thread::yield();
      }
      ++waiting;
      Message message = make_message(n);
      const Status queued = (*database)->write(
          [message](Stores& s) mutable {
            bool duplicate = false;
            return s.messages.append(message, duplicate);
          },
          [n, pipe, &waiting](const Status& status) {
            --waiting;
            if (!status.ok() || ::write(pipe, &n, sizeof n) != sizeof n) {
              ::_exit(2);
            }
          });
      if (!queued.ok()) {
        ::_exit(3);
      }
    }
  }
};

// Shows: R92
TEST_F(CrashTest, WhatWasAnsweredSurvivesAKill) {
  int pipe[2];
  ASSERT_EQ(::pipe(pipe), 0);
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    ::close(pipe[0]);
    write_until_killed(pipe[1]);
  }
  ::close(pipe[1]);
  int last = 0;
  int n = 0;
  while (last < 500 && ::read(pipe[0], &n, sizeof n) == sizeof n) {
    EXPECT_EQ(n, last + 1);
    last = n;
  }
  ::kill(child, SIGKILL);
  int how = 0;
  ASSERT_EQ(::waitpid(child, &how, 0), child);
  ASSERT_TRUE(WIFSIGNALED(how)) << WEXITSTATUS(how);
  while (::read(pipe[0], &n, sizeof n) == sizeof n) {
    last = n;
  }
  ::close(pipe[0]);
  ASSERT_GE(last, 500);

  const std::unique_ptr<Database> database = open();
  std::int64_t newest = 0;
  ASSERT_TRUE(database
                  ->read_and_wait([&](Stores& s) {
                    Result<HistoryPage> page =
                        s.messages.page({.room = "lobby", .limit = 1'000'000});
                    EXPECT_FALSE(page->messages.empty());
                    for (const Message& message : page->messages) {
                      EXPECT_EQ(message.seq, ++newest);
                      EXPECT_EQ(message.id, hex_id('b', static_cast<int>(newest)));
                    }
                    return page.status();
                  })
                  .ok());
  EXPECT_GE(newest, last);
  EXPECT_TRUE(append(*database, make_message(1'000'000)).ok());
  EXPECT_EQ(seqs(*database).back(), newest + 1);
}

}  // namespace
}  // namespace securechat::storage
