#include "base/worker_pool.h"

#include <gtest/gtest.h>
#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>

#include <algorithm>
#include <atomic>
#include <future>
#include <memory>
#include <stdexcept>

namespace securechat {
namespace {

// Keeps a worker busy until it is released.
class Blocker {
 public:
  Task task() {
    return [this] {
      started_.set_value();
      released_.get_future().wait();
    };
  }
  void wait_until_started() { started_.get_future().wait(); }
  void release() { released_.set_value(); }

 private:
  std::promise<void> started_;
  std::promise<void> released_;
};

// On Linux the priority of "this process" is the thread's.
TEST(WorkerPoolTest, WorkersMakeWayForOthers) {
  const int mine = ::getpriority(PRIO_PROCESS, 0);
  std::promise<int> theirs;
  WorkerPool pool(1, 1);
  ASSERT_TRUE(pool.try_submit([&theirs] { theirs.set_value(::getpriority(PRIO_PROCESS, 0)); }));
  EXPECT_EQ(theirs.get_future().get(), std::min(mine + 10, 19));
  EXPECT_EQ(::getpriority(PRIO_PROCESS, 0), mine);
}

// Shows: R29
TEST(WorkerPoolTest, FullQueueRefusesAtOnceAndDestroysTheTask) {
  Blocker blocker;
  WorkerPool pool(1, 2);
  ASSERT_TRUE(pool.try_submit(blocker.task()));
  blocker.wait_until_started();
  std::atomic<int> ran = 0;
  EXPECT_TRUE(pool.try_submit([&ran] { ++ran; }));
  EXPECT_TRUE(pool.try_submit([&ran] { ++ran; }));
  EXPECT_EQ(pool.queued(), 2U);
  const auto token = std::make_shared<int>(0);
  EXPECT_FALSE(pool.try_submit([token] {}));
  EXPECT_EQ(token.use_count(), 1);
  blocker.release();
  pool.stop();
  EXPECT_EQ(ran, 2);
  EXPECT_FALSE(pool.try_submit([] {}));
  pool.stop();
}

TEST(WorkerPoolTest, FreeWorkersTakeTasksThatDoNotWait) {
  Blocker first;
  Blocker second;
  WorkerPool pool(2, 0);
  EXPECT_TRUE(pool.try_submit(first.task()));
  EXPECT_TRUE(pool.try_submit(second.task()));
  EXPECT_FALSE(pool.try_submit([] {}));
  first.wait_until_started();
  second.wait_until_started();
  first.release();
  second.release();
}

TEST(WorkerPoolTest, DestructionRunsWhatIsQueued) {
  std::atomic<int> ran = 0;
  {
    WorkerPool pool(2, 1000);
    for (int i = 0; i < 500; ++i) {
      EXPECT_TRUE(pool.try_submit([&ran] { ++ran; }));
    }
  }
  EXPECT_EQ(ran, 500);
}

// Shows: R105
TEST(WorkerPoolTest, EverySignalIsBlockedThereAndNoneHere) {
  sigset_t before;
  pthread_sigmask(SIG_SETMASK, nullptr, &before);
  std::promise<std::vector<int>> unblocked;
  {
    WorkerPool pool(1, 1);
    pool.try_submit([&unblocked] {
      sigset_t mask;
      pthread_sigmask(SIG_SETMASK, nullptr, &mask);
      std::vector<int> missing;
      for (int number = 1; number < NSIG; ++number) {
        // 32 and 33 are the C library's own, 9 and 19 cannot be blocked.
        if (number != 32 && number != 33 && number != SIGKILL && number != SIGSTOP &&
            sigismember(&mask, number) == 0) {
          missing.push_back(number);
        }
      }
      unblocked.set_value(missing);
    });
  }
  EXPECT_EQ(unblocked.get_future().get(), std::vector<int>{});
  sigset_t after;
  pthread_sigmask(SIG_SETMASK, nullptr, &after);
  for (int number = 1; number < NSIG; ++number) {
    EXPECT_EQ(sigismember(&before, number), sigismember(&after, number)) << number;
  }
}

// Shows: R48
TEST(WorkerPoolTest, ATaskThatThrowsEndsNeitherWorkerNorProcess) {
  std::atomic<int> ran = 0;
  {
    WorkerPool pool(1, 8);
    pool.try_submit([] { throw std::runtime_error("x"); });
    pool.try_submit([&ran] { ++ran; });
  }
  EXPECT_EQ(ran, 1);
}

TEST(WorkerPoolTest, ATaskThatEndsItsThreadLeavesTheWorkToTheOthers) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "the sanitizers do not follow a forced unwind";
#endif
  std::atomic<int> ran = 0;
  {
    WorkerPool pool(2, 8);
    pool.try_submit([] { ::pthread_exit(nullptr); });
    for (int i = 0; i < 5; ++i) pool.try_submit([&ran] { ++ran; });
  }
  EXPECT_EQ(ran, 5);
}

TEST(WorkerPoolTest, StopFromTwoThreads) {
  WorkerPool pool(2, 8);
  std::thread other([&pool] { pool.stop(); });
  pool.stop();
  other.join();
}

}  // namespace
}  // namespace securechat
