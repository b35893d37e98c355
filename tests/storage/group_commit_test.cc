#include <pthread.h>

#include <atomic>
#include <chrono>
#include <future>
#include <new>
#include <numeric>
#include <stdexcept>
#include <thread>

#include "fixture.h"

namespace securechat::storage {
namespace {

// Holds the storage thread inside a unit, so that what is queued meanwhile forms one group.
class Gate {
 public:
  explicit Gate(Database& database) {
    std::promise<void> entered;
    EXPECT_TRUE(database
                    .write(
                        [this, &entered](Stores&) {
                          entered.set_value();
                          opened_.get_future().wait();
                          return Status();
                        },
                        [](const Status&) {})
                    .ok());
    entered.get_future().wait();
  }
  void open() { opened_.set_value(); }

 private:
  std::promise<void> opened_;
};

Database::Work appending(Message message) {
  return [message = std::move(message)](Stores& s) mutable {
    bool duplicate = false;
    return s.messages.append(message, duplicate);
  };
}

class GroupCommitTest : public StorageTest {
 protected:
  GroupCommitTest() { database_ = open(); }

  // Queues the units behind a gate and answers their statuses, in the order they were answered.
  std::vector<std::pair<int, Status>> run(std::vector<Database::Work> works) {
    std::vector<std::pair<int, Status>> answers;
    Gate gate(*database_);
    int number = 0;
    for (Database::Work& work : works) {
      EXPECT_TRUE(database_
                      ->write(std::move(work),
                              [&answers, number](Status status) {
                                answers.emplace_back(number, std::move(status));
                              })
                      .ok());
      ++number;
    }
    gate.open();
    EXPECT_TRUE(database_->write_and_wait([](Stores&) { return Status(); }).ok());
    return answers;
  }

  std::unique_ptr<Database> database_;
};

TEST_F(GroupCommitTest, WhatWaitsSharesOneCommitAndIsAnsweredInOrder) {
  std::vector<Database::Work> works;
  for (int n = 1; n <= 200; ++n) {
    works.push_back(appending(make_message(n)));
  }
  const Database::Stats before = database_->stats();
  const auto answers = run(std::move(works));
  const Database::Stats after = database_->stats();
  ASSERT_EQ(answers.size(), 200U);
  for (int n = 0; n < 200; ++n) {
    EXPECT_EQ(answers.at(static_cast<std::size_t>(n)).first, n);
    EXPECT_TRUE(answers.at(static_cast<std::size_t>(n)).second.ok());
  }
  // The gate, the group, and the last unit, which may have joined the group.
  EXPECT_LE(after.commits - before.commits, 3U);
  EXPECT_EQ(after.units - before.units, 202U);
  EXPECT_EQ(after.queued, 0U);
  EXPECT_EQ(seqs(*database_), numbers_to(200));
}

// Not a single one is taken before all of them are there, although the writer has nothing to do.
TEST_F(GroupCommitTest, WhatATurnWritesIsOneGroup) {
  // The writer falls asleep first: one that is awake takes what it sees.
  std::this_thread::sleep_for(std::chrono::milliseconds(200));
  const Database::Stats before = database_->stats();
  std::promise<std::vector<int>> handed_on;
  std::vector<int> answered;
  for (int n = 1; n <= 20; ++n) {
    ASSERT_TRUE(database_
                    ->write_later(appending(make_message(n)),
                                  [&, n](const Status& status) {
                                    EXPECT_TRUE(status.ok());
                                    answered.push_back(n);
                                    if (n > 1) return;
                                    database_->after_group([&] { handed_on.set_value(answered); });
                                  })
                    .ok());
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  EXPECT_EQ(database_->stats().queued, 20U);
  database_->wake_writer();
  std::vector<int> expected(20);
  std::iota(expected.begin(), expected.end(), 1);
  EXPECT_EQ(handed_on.get_future().get(), expected);
  EXPECT_EQ(database_->stats().commits - before.commits, 1U);
}

TEST_F(GroupCommitTest, AWriteTakesAlongWhatWasQueuedQuietly) {
  std::atomic<bool> answered = false;
  ASSERT_TRUE(
      database_
          ->write_later(appending(make_message(1)), [&answered](const Status&) { answered = true; })
          .ok());
  EXPECT_TRUE(database_->write_and_wait([](Stores&) { return Status(); }).ok());
  EXPECT_TRUE(answered);
}

TEST_F(GroupCommitTest, AGroupIsBounded) {
  options_.batch_limit = 10;
  options_.path = path("bounded.db");
  database_ = open();
  std::vector<Database::Work> works;
  for (int n = 1; n <= 100; ++n) {
    works.push_back(appending(make_message(n)));
  }
  const Database::Stats before = database_->stats();
  run(std::move(works));
  EXPECT_GE(database_->stats().commits - before.commits, 11U);
}

// Shows: R93
TEST_F(GroupCommitTest, AFailedUnitUndoesItselfAloneAndLeavesNoGap) {
  std::vector<Database::Work> works;
  for (int n = 1; n <= 9; ++n) {
    works.push_back([n](Stores& s) {
      Message message = make_message(n);
      bool duplicate = false;
      if (Status status = s.messages.append(message, duplicate); !status.ok()) {
        return status;
      }
      return n % 3 == 0 ? Status(Code::kDenied, "its own reason") : Status();
    });
  }
  const auto answers = run(std::move(works));
  for (const auto& [number, status] : answers) {
    if ((number + 1) % 3 == 0) {
      EXPECT_EQ(status.code(), Code::kDenied);
      EXPECT_EQ(status.message(), "its own reason");
    } else {
      EXPECT_TRUE(status.ok());
    }
  }
  EXPECT_EQ(seqs(*database_), numbers_to(6));
}

TEST_F(GroupCommitTest, AFailedUnitThatIsAloneIsUndoneToo) {
  const Status status = database_->write_and_wait([](Stores& s) {
    (void)s.users.insert(make_user(1));
    return Status(Code::kDenied, "no");
  });
  EXPECT_EQ(status.code(), Code::kDenied);
  (void)database_->read_and_wait([](Stores& s) {
    EXPECT_TRUE(s.users.list()->empty());
    return Status();
  });
}

TEST_F(GroupCommitTest, DuplicatesInOneGroupGiveOneMessage) {
  std::vector<std::string> ids(3);
  std::vector<Database::Work> works;
  for (int n = 0; n < 3; ++n) {
    works.push_back([n, &ids](Stores& s) {
      Message message = make_message(n + 1, "lobby", "same");
      bool duplicate = false;
      Status status = s.messages.append(message, duplicate);
      ids.at(static_cast<std::size_t>(n)) = message.id;
      EXPECT_EQ(duplicate, n > 0);
      return status;
    });
  }
  run(std::move(works));
  EXPECT_EQ(ids, std::vector<std::string>(3, make_message(1).id));
  EXPECT_EQ(seqs(*database_), numbers_to(1));
}

// Shows: R93 S18
TEST_F(GroupCommitTest, TwoRegistrationsOfOneEmailInAGroupMakeOneAccount) {
  std::vector<Database::Work> works;
  for (int n = 1; n <= 2; ++n) {
    works.push_back([n](Stores& s) {
      User user = make_user(n);
      user.email_key = "same@example.org";
      return s.users.insert(user);
    });
  }
  const auto answers = run(std::move(works));
  EXPECT_TRUE(answers.at(0).second.ok());
  EXPECT_EQ(answers.at(1).second.code(), Code::kExists);
}

// Shows: R91 R93
TEST_F(GroupCommitTest, AnExceptionFailsItsOwnUnitOnly) {
  std::vector<Database::Work> works;
  works.push_back(appending(make_message(1)));
  works.push_back([](Stores& s) -> Status {
    (void)s.users.insert(make_user(1));
    throw std::bad_alloc();
  });
  works.push_back([](Stores& s) -> Status {
    (void)s.users.insert(make_user(1));
    throw std::runtime_error("secret detail");
  });
  works.push_back([](Stores&) -> Status { throw 7; });
  works.push_back(appending(make_message(2)));
  const auto answers = run(std::move(works));
  EXPECT_TRUE(answers.at(0).second.ok());
  EXPECT_EQ(answers.at(1).second.code(), Code::kNoMemory);
  EXPECT_EQ(answers.at(2).second.code(), Code::kInternal);
  EXPECT_EQ(answers.at(2).second.message().find("secret"), std::string::npos);
  EXPECT_EQ(answers.at(3).second.code(), Code::kInternal);
  EXPECT_TRUE(answers.at(4).second.ok());
  EXPECT_EQ(seqs(*database_), numbers_to(2));
  (void)database_->read_and_wait([](Stores& s) {
    EXPECT_TRUE(s.users.list()->empty());
    return Status();
  });
}

TEST_F(GroupCommitTest, AnAnswerThatThrowsDoesNotStopTheOthers) {
  ASSERT_TRUE(database_
                  ->write([](Stores&) { return Status(); },
                          [](const Status&) { throw std::runtime_error("host"); })
                  .ok());
  EXPECT_TRUE(append(*database_, make_message(1)).ok());
}

// Shows: R92
TEST_F(GroupCommitTest, AnAnswerComesAfterTheCommitAndMayQueueMore) {
  std::promise<std::size_t> seen;
  ASSERT_TRUE(database_
                  ->write(appending(make_message(1)),
                          [&](const Status&) {
                            // Another connection sees the message already.
                            (void)database_->read(
                                [&](Stores& s) {
                                  seen.set_value(
                                      s.messages.page({.room = "lobby"})->messages.size());
                                  return Status();
                                },
                                [](const Status&) {});
                          })
                  .ok());
  EXPECT_EQ(seen.get_future().get(), 1U);
}

// Shows: R97
TEST_F(GroupCommitTest, AFullQueueRefusesAtOnceAndCallsNothing) {
  options_.queue_limit = 3;
  options_.path = path("small.db");
  database_ = open();
  std::atomic<int> answered{0};
  auto alive = std::make_shared<int>(0);
  {
    Gate gate(*database_);
    for (int n = 0; n < 3; ++n) {
      EXPECT_TRUE(
          database_->write([](Stores&) { return Status(); }, [&](const Status&) { ++answered; })
              .ok());
    }
    EXPECT_EQ(database_->stats().queued, 3U);
    const Status refused = database_->write([alive](Stores&) { return Status(); },
                                            [&, alive](const Status&) { answered += 100; });
    EXPECT_EQ(refused.code(), Code::kAgain);
    EXPECT_EQ(alive.use_count(), 1);
    gate.open();
    database_->close();
  }
  EXPECT_EQ(answered, 3);
}

TEST_F(GroupCommitTest, CloseAnswersEverythingAndRefusesTheRest) {
  std::atomic<int> answered{0};
  {
    Gate gate(*database_);
    for (int n = 1; n <= 50; ++n) {
      ASSERT_TRUE(database_
                      ->write(appending(make_message(n)),
                              [&](const Status& status) { answered += status.ok() ? 1 : 0; })
                      .ok());
      ASSERT_TRUE(database_
                      ->read([](Stores&) { return Status(); },
                             [&](const Status& status) { answered += status.ok() ? 1 : 0; })
                      .ok());
    }
    std::thread closer([&] { database_->close(); });
    gate.open();
    closer.join();
  }
  EXPECT_EQ(answered, 100);
  database_->close();
  EXPECT_EQ(append(*database_, make_message(99)).code(), Code::kAgain);
  EXPECT_EQ(database_->read_and_wait([](Stores&) { return Status(); }).code(), Code::kAgain);
  // The log went into the file.
  EXPECT_FALSE(std::filesystem::exists(options_.path + "-wal"));
  database_ = open();
  EXPECT_EQ(seqs(*database_), numbers_to(50));
}

TEST_F(GroupCommitTest, AReadCannotWriteAndDoesNotWaitForTheWriter) {
  Gate gate(*database_);
  const Status refused =
      database_->read_and_wait([](Stores& s) { return s.users.insert(make_user(1)); });
  EXPECT_EQ(refused.code(), Code::kState);
  const Status hidden = database_->read_and_wait([](Stores& s) {
    (void)s.users.insert(make_user(1));
    return Status();
  });
  EXPECT_FALSE(hidden.ok());
  EXPECT_TRUE(seqs(*database_).empty());
  gate.open();
}

TEST_F(GroupCommitTest, AReadSeesWhatWasCommittedBeforeIt) {
  for (int n = 1; n <= 50; ++n) {
    ASSERT_TRUE(append(*database_, make_message(n)).ok());
    ASSERT_EQ(seqs(*database_).size(), static_cast<std::size_t>(n));
  }
}

TEST_F(GroupCommitTest, InMemoryTheWriterReadsTooAndAReadCannotWrite) {
  options_.path = ":memory:";
  database_ = open();
  ASSERT_TRUE(append(*database_, make_message(1)).ok());
  EXPECT_EQ(seqs(*database_), numbers_to(1));
  for (int n = 0; n < 2; ++n) {
    const Status status = database_->read_and_wait([](Stores& s) {
      (void)s.users.insert(make_user(1));
      return Status();
    });
    EXPECT_EQ(status.code(), Code::kState);
  }
  (void)database_->read_and_wait([](Stores& s) {
    EXPECT_TRUE(s.users.list()->empty());
    return Status();
  });
  EXPECT_FALSE(std::filesystem::exists(":memory:"));
}

// As a host does that ends the thread in its log's sink.
TEST_F(GroupCommitTest, AThreadThatIsEndedLeavesNobodyWaiting) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "the sanitizers do not follow a forced unwind";
#endif
  for (const bool writing : {true, false}) {
    database_ = open();
    const auto ask = [&](Database::Work work) {
      return writing ? database_->write_and_wait(std::move(work))
                     : database_->read_and_wait(std::move(work));
    };
    EXPECT_EQ(ask([](Stores&) -> Status { ::pthread_exit(nullptr); }).code(), Code::kDatabase);
    EXPECT_EQ(ask([](Stores&) { return Status(); }).code(), Code::kAgain);
    database_->close();
    database_ = nullptr;
  }
}

}  // namespace
}  // namespace securechat::storage
