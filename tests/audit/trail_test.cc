#include "audit/trail.h"

#include <sys/resource.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <future>
#include <stdexcept>
#include <thread>

#include "audit/fixture.h"

namespace securechat::audit {
namespace {

using namespace testing;
using Lines = std::vector<std::uint64_t>;
constexpr std::int64_t kPatience = 10'000;

class TrailTest : public FolderTest {
 protected:
  void use_file(Trail& trail, std::string_view key = {}) {
    ASSERT_TRUE(trail.configure(key, false).ok());
    Result<std::unique_ptr<File>> file = trail.open_file(path_);
    ASSERT_TRUE(file.ok()) << file.message();
    ASSERT_TRUE(trail.use_file(std::move(*file)).ok());
  }
  static void record(Trail& trail, Name name = Name::kServerStart, std::string_view user = {}) {
    trail.record({.name = name, .result = Outcome::kOk, .user_id = user});
  }
  [[nodiscard]] std::size_t count(std::string_view text) const {
    std::size_t found = 0;
    for (const std::string& line : lines_of(contents(path_))) {
      if (line.find(text) != std::string::npos) ++found;
    }
    return found;
  }

  ManualClock clock_;
  Logger log_{clock_, LogFormat::kText, LogLevel::kDebug};
};

TEST_F(TrailTest, WithoutASinkNothingIsRecorded) {
  Trail trail(clock_, log_);
  EXPECT_FALSE(trail.enabled());
  record(trail);
  EXPECT_EQ(trail.counters().written, 0U);
  EXPECT_TRUE(trail.drain(kPatience));
}

TEST_F(TrailTest, EventsReachTheFile) {
  {
    Trail trail(clock_, log_);
    use_file(trail, kKey);
    EXPECT_TRUE(trail.enabled());
    for (int i = 0; i < 100; ++i) record(trail);
    EXPECT_TRUE(trail.drain(kPatience));
    EXPECT_EQ(trail.counters().written, 100U);
    record(trail, Name::kServerStop);
  }
  const Report report = report_of(contents(path_), kKey);
  EXPECT_EQ(faults(report), Lines{});
  EXPECT_EQ(report.last.seq, 101U);
  EXPECT_NE(lines_of(contents(path_)).back().find("server.stop"), std::string::npos);
}

TEST_F(TrailTest, TheHostGetsLinesWithoutAChain) {
  std::vector<std::string> lines;
  Trail trail(clock_, log_);
  ASSERT_TRUE(trail
                  .set_sink([&](LogLevel level, std::string_view line) {
                    EXPECT_EQ(level, LogLevel::kInfo);
                    EXPECT_EQ(line.data()[line.size()], '\0');
                    lines.emplace_back(line);
                  })
                  .ok());
  record(trail);
  trail.stop(kPatience);
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_EQ(lines[0], R"({"ts":"2023-11-14T22:13:20.000Z","event":"server.start","result":"ok"})");
}

TEST_F(TrailTest, RotationGoesOnWithTheChain) {
  Trail trail(clock_, log_);
  use_file(trail);
  record(trail);
  ASSERT_TRUE(trail.drain(kPatience));
  // The same file: nothing is to be done.
  EXPECT_EQ(*trail.open_file(path_), nullptr);
  ASSERT_EQ(::rename(path_.c_str(), (path_ + ".1").c_str()), 0);
  Result<std::unique_ptr<File>> next = trail.open_file(path_);
  ASSERT_TRUE(next.ok()) << next.message();
  ASSERT_TRUE(trail.use_file(std::move(*next)).ok());
  record(trail);
  trail.stop(kPatience);
  EXPECT_EQ(faults(report_of(contents(path_ + ".1") + contents(path_))), Lines{});
  EXPECT_EQ(count("audit.rotated"), 1U);
  EXPECT_EQ(lines_of(contents(path_)).size(), 2U);
}

// Shows: R90
TEST_F(TrailTest, ASinkThatBlocksCostsEventsOnly) {
  std::promise<void> release;
  std::shared_future<void> released = release.get_future().share();
  std::atomic<int> lines = 0;
  std::atomic<bool> said = false;
  Trail trail(clock_, log_, 8);
  ASSERT_TRUE(trail
                  .set_sink([&, released](LogLevel, std::string_view line) {
                    released.wait();
                    if (line.find(R"("event":"audit.dropped","result":"ok","count":)") !=
                        std::string_view::npos) {
                      said = true;
                    }
                    ++lines;
                  })
                  .ok());
  const auto begun = std::chrono::steady_clock::now();
  for (int i = 0; i < 1'000; ++i) record(trail);
  EXPECT_LT(std::chrono::steady_clock::now() - begun, std::chrono::seconds(5));
  EXPECT_FALSE(trail.drain(20));
  EXPECT_GE(trail.counters().dropped, 1'000U - 16U);
  release.set_value();
  trail.stop(kPatience);
  EXPECT_TRUE(said);
  EXPECT_LE(lines, 17);
}

// Shows: R90
TEST_F(TrailTest, ASinkThatNeverReturnsIsLeftBehind) {
  auto release = std::make_shared<std::promise<void>>();
  auto ended = std::make_shared<std::promise<void>>();
  std::future<void> destroyed = ended->get_future();
  struct Told {
    explicit Told(std::shared_ptr<std::promise<void>> promise) : promise_(std::move(promise)) {}
    Told(Told&&) = default;
    ~Told() {
      if (promise_) promise_->set_value();
    }
    std::shared_ptr<std::promise<void>> promise_;
  };
  std::atomic<int> calls = 0;
  {
    Trail trail(clock_, log_);
    ASSERT_TRUE(
        trail
            .set_sink([told = Told(std::move(ended)), &calls,
                       released = release->get_future().share()](LogLevel, std::string_view) {
              ++calls;
              released.wait();
            })
            .ok());
    record(trail);
    record(trail);
    while (calls == 0) std::this_thread::yield();
    trail.stop(20);
  }
  release->set_value();
  // Its end comes with the end of the thread; nothing else is called any more.
  destroyed.wait();
  EXPECT_EQ(calls, 1);
}

// While it lives no file grows: what is written to one fails.
class NoRoom {
 public:
  NoRoom() : handler_(std::signal(SIGXFSZ, SIG_IGN)) {
    ::getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit none = {0, before_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &none);
  }
  ~NoRoom() {
    ::setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, handler_);
  }
  NoRoom(const NoRoom&) = delete;
  NoRoom& operator=(const NoRoom&) = delete;

 private:
  rlimit before_ = {};
  void (*handler_)(int);
};

// Shows: R90
TEST_F(TrailTest, ALogThatBlocksHoldsNobodyUpWhoRecords) {
  std::promise<void> release;
  std::shared_future<void> released = release.get_future().share();
  std::atomic<bool> blocked = false;
  log_.set_sink([&, released](LogLevel, std::string_view) {
    blocked = true;
    released.wait();
  });
  Trail trail(clock_, log_);
  use_file(trail);
  std::future_status recorded = std::future_status::timeout;
  std::future<void> records;
  {
    const NoRoom no_room;
    record(trail);
    while (!blocked) std::this_thread::yield();
    records = std::async(std::launch::async, [&trail] {
      for (int i = 0; i < 1'000; ++i) record(trail);
    });
    recorded = records.wait_for(std::chrono::seconds(10));
  }
  release.set_value();
  records.wait();
  EXPECT_EQ(recorded, std::future_status::ready);
  trail.stop(kPatience);
  EXPECT_EQ(faults(report_of(contents(path_))), Lines{});
  EXPECT_EQ(count("server.start"), 1'001U);
}

TEST_F(TrailTest, ASinkThatThrowsIsCalledAgain) {
  std::atomic<int> calls = 0;
  Trail trail(clock_, log_);
  ASSERT_TRUE(trail
                  .set_sink([&](LogLevel, std::string_view) {
                    ++calls;
                    throw std::runtime_error("sink");
                  })
                  .ok());
  record(trail);
  record(trail);
  trail.stop(kPatience);
  EXPECT_EQ(calls, 2);
}

TEST_F(TrailTest, ASinkCanBeTakenAway) {
  std::atomic<int> calls = 0;
  Trail trail(clock_, log_);
  ASSERT_TRUE(trail.set_sink([&](LogLevel, std::string_view) { ++calls; }).ok());
  record(trail);
  ASSERT_TRUE(trail.drain(kPatience));
  ASSERT_TRUE(trail.set_sink(nullptr).ok());
  EXPECT_FALSE(trail.enabled());
  record(trail);
  trail.stop(kPatience);
  EXPECT_EQ(calls, 1);
}

// Shows: R90
TEST_F(TrailTest, OneSourceOfOneEventIsLimited) {
  Trail trail(clock_, log_);
  use_file(trail);
  const IpAddress noisy = *IpAddress::parse("192.0.2.1");
  const IpAddress quiet = *IpAddress::parse("192.0.2.2");
  for (int i = 0; i < 200; ++i) trail.record({.name = Name::kLoginFail, .address = &noisy});
  trail.record({.name = Name::kLoginFail, .address = &quiet});
  trail.record({.name = Name::kLoginOk, .address = &noisy});
  EXPECT_EQ(trail.counters().suppressed, 200U - static_cast<std::uint64_t>(Trail::kRate));
  clock_.advance_ms(Trail::kRateWindowMs + 1);
  trail.record({.name = Name::kLoginFail, .address = &noisy});
  trail.stop(kPatience);
  EXPECT_EQ(count(R"("event":"login.fail")"), static_cast<std::size_t>(Trail::kRate) + 2);
  EXPECT_EQ(count(R"("event":"login.ok")"), 1U);
  EXPECT_EQ(count(R"("event":"audit.suppressed","result":"ok","of":"login.fail","count":140)"), 1U);
  EXPECT_EQ(faults(report_of(contents(path_))), Lines{});
}

TEST_F(TrailTest, ManyThreadsRecordAtOnce) {
  Trail trail(clock_, log_);
  use_file(trail);
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&trail] {
      for (int i = 0; i < 200; ++i) record(trail);
    });
  }
  for (std::thread& thread : threads) thread.join();
  trail.stop(kPatience);
  EXPECT_EQ(lines_of(contents(path_)).size(), 800U);
  EXPECT_EQ(faults(report_of(contents(path_))), Lines{});
}

}  // namespace
}  // namespace securechat::audit
