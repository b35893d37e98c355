#include "base/mailbox.h"

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <thread>

namespace securechat {
namespace {

TEST(MailboxTest, BurstCostsOneWakeAndRunsInOrder) {
  int wakes = 0;
  Mailbox mailbox([&wakes] { ++wakes; });
  std::vector<int> ran;
  for (int i = 0; i < 5; ++i) {
    EXPECT_TRUE(mailbox.post([&ran, i] { ran.push_back(i); }));
  }
  EXPECT_EQ(wakes, 1);
  EXPECT_EQ(mailbox.drain(), 5U);
  EXPECT_EQ(ran, (std::vector<int>{0, 1, 2, 3, 4}));
  EXPECT_EQ(mailbox.drain(), 0U);
  EXPECT_TRUE(mailbox.post([] {}));
  EXPECT_EQ(wakes, 2);
}

TEST(MailboxTest, WhatATaskPostsRunsAtTheNextDrainWithItsOwnWake) {
  int wakes = 0;
  Mailbox mailbox([&wakes] { ++wakes; });
  int inner = 0;
  mailbox.post([&] {
    mailbox.post([&inner] { ++inner; });
    mailbox.post([&inner] { ++inner; });
  });
  EXPECT_EQ(mailbox.drain(), 1U);
  EXPECT_EQ(inner, 0);
  EXPECT_EQ(wakes, 2);
  EXPECT_EQ(mailbox.drain(), 2U);
  EXPECT_EQ(inner, 2);
  EXPECT_EQ(wakes, 2);
}

TEST(MailboxTest, CloseDestroysUnrunAndRefuses) {
  Mailbox mailbox([] {});
  const auto token = std::make_shared<int>(0);
  bool ran = false;
  mailbox.post([&ran, token] { ran = true; });
  EXPECT_EQ(token.use_count(), 2);
  mailbox.close();
  EXPECT_EQ(token.use_count(), 1);
  EXPECT_FALSE(mailbox.post([&ran, token] { ran = true; }));
  EXPECT_EQ(token.use_count(), 1);
  EXPECT_EQ(mailbox.drain(), 0U);
  EXPECT_FALSE(ran);
}

TEST(MailboxTest, CloseInsideATaskEndsTheDrain) {
  Mailbox mailbox([] {});
  bool ran = false;
  mailbox.post([&mailbox] { mailbox.close(); });
  mailbox.post([&ran] { ran = true; });
  EXPECT_EQ(mailbox.drain(), 1U);
  EXPECT_FALSE(ran);
}

TEST(MailboxTest, CapturesGoBeforeTheNextTaskRuns) {
  Mailbox mailbox([] {});
  auto token = std::make_shared<int>(0);
  const std::weak_ptr<int> watch = token;
  mailbox.post([token = std::move(token)] {});
  bool gone = false;
  mailbox.post([&] { gone = watch.expired(); });
  mailbox.drain();
  EXPECT_TRUE(gone);
}

TEST(MailboxTest, ManyPostersLoseNothing) {
  std::atomic<int> wakes = 0;
  Mailbox mailbox([&wakes] { ++wakes; });
  constexpr int kPosters = 4;
  constexpr int kTasks = 5000;
  int ran = 0;  // Owner thread only.
  std::vector<std::thread> posters;
  for (int p = 0; p < kPosters; ++p) {
    posters.emplace_back([&] {
      for (int i = 0; i < kTasks; ++i) {
        mailbox.post([&ran] { ++ran; });
      }
    });
  }
  int seen = 0;
  while (ran < kPosters * kTasks) {
    // Only a wake lets the owner look, as in a loop: a lost one would hang here.
    if (wakes.load() == seen) {
      std::this_thread::yield();
      continue;
    }
    seen = wakes.load();
    mailbox.drain();
  }
  for (std::thread& poster : posters) {
    poster.join();
  }
  EXPECT_EQ(ran, kPosters * kTasks);
}

}  // namespace
}  // namespace securechat
