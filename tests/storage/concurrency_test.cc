#include <atomic>
#include <thread>

#include "fixture.h"

namespace securechat::storage {
namespace {

class ConcurrencyTest : public StorageTest {};

TEST_F(ConcurrencyTest, EightThreadsWriteAndReadWhileAnotherAsksAndCloses) {
  constexpr int kThreads = 8;
  constexpr int kEach = 100;
  const std::unique_ptr<Database> database = open();
  std::atomic<int> stored{0};
  std::vector<std::thread> threads;
  threads.reserve(kThreads);
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (int n = 0; n < kEach; ++n) {
        if (append(*database, make_message(t * kEach + n)).ok()) {
          ++stored;
        }
        if (n % 10 == 0) {
          (void)seqs(*database);
        }
        (void)database->stats();
      }
    });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  EXPECT_EQ(stored, kThreads * kEach);
  EXPECT_EQ(seqs(*database), numbers_to(kThreads * kEach));

  std::atomic<int> answered{0};
  int queued = 0;
  std::thread closer([&] { database->close(); });
  for (int n = 0; n < 100; ++n) {
    Message message = make_message(10'000 + n);
    const Status status = database->write(
        [message](Stores& s) mutable {
          bool duplicate = false;
          return s.messages.append(message, duplicate);
        },
        [&answered](const Status&) { ++answered; });
    queued += status.ok() ? 1 : 0;
  }
  closer.join();
  EXPECT_EQ(answered, queued);
}

}  // namespace
}  // namespace securechat::storage
