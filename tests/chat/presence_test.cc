#include "chat/presence.h"

#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

namespace securechat::chat {
namespace {

std::string names(const Presence& presence, std::string_view nsp, std::string_view room) {
  std::string text;
  for (const Presence::Person& person : presence.people(nsp, room)) {
    text += person.user_id + "=" + person.username + ";";
  }
  return text;
}

TEST(PresenceTest, AUserIsThereOnceHoweverManySessions) {
  Presence presence;
  presence.enter("/", "lobby", {"1", "ada"});
  presence.enter("/", "lobby", {"2", "bob"});
  presence.enter("/", "lobby", {"1", "ada"});
  EXPECT_EQ(names(presence, "/", "lobby"), "1=ada;2=bob;");
  EXPECT_TRUE(presence.announce("/", "lobby", "1"));
  EXPECT_FALSE(presence.leave("/", "lobby", "1")) << "one session is left";
  EXPECT_TRUE(presence.leave("/", "lobby", "1"));
  EXPECT_EQ(names(presence, "/", "lobby"), "2=bob;");
}

TEST(PresenceTest, OnlyWhoWasAnnouncedIsMissed) {
  Presence presence;
  EXPECT_FALSE(presence.announce("/", "lobby", "1")) << "not there";
  presence.enter("/", "lobby", {"1", "ada"});
  EXPECT_FALSE(presence.leave("/", "lobby", "1")) << "nobody had been told";
  presence.enter("/", "lobby", {"1", "ada"});
  EXPECT_TRUE(presence.announce("/", "lobby", "1"));
  EXPECT_FALSE(presence.announce("/", "lobby", "1")) << "told once";
  EXPECT_TRUE(presence.leave("/", "lobby", "1"));
  EXPECT_FALSE(presence.leave("/", "lobby", "1")) << "gone already";
}

TEST(PresenceTest, RoomsAndNamespacesAreApart) {
  Presence presence;
  presence.enter("/", "a", {"1", "ada"});
  presence.enter("/x", "a", {"2", "bob"});
  EXPECT_EQ(names(presence, "/", "a"), "1=ada;");
  EXPECT_EQ(names(presence, "/x", "a"), "2=bob;");
  EXPECT_EQ(names(presence, "/", "b"), "");
}

TEST(PresenceTest, ManyThreadsCountToNothingInTheEnd) {
  Presence presence;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&presence] {
      for (int i = 0; i < 2'000; ++i) {
        presence.enter("/", "lobby", {"1", "ada"});
        (void)presence.people("/", "lobby");
        (void)presence.leave("/", "lobby", "1");
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_TRUE(presence.people("/", "lobby").empty());
}

}  // namespace
}  // namespace securechat::chat
