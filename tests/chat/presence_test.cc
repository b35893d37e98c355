#include "chat/presence.h"

#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

namespace securechat::chat {
namespace {

class PresenceTest : public ::testing::Test {
 protected:
  // A session joins the room.
  void enter(std::string_view nsp, std::string_view room, const std::string& id,
             const std::string& name) {
    auth::Principal principal;
    principal.user_id = id;
    principal.username = name;
    presence.enter(nsp, room, people.know(principal));
  }

  auth::People people;
  Presence presence;
};

std::string names(const Presence& presence, std::string_view nsp, std::string_view room) {
  std::string text;
  for (const Presence::Person& person : presence.people(nsp, room)) {
    text += person.user_id + "=" + person.username + ";";
  }
  return text;
}

TEST_F(PresenceTest, AUserIsThereOnceHoweverManySessions) {
  enter("/", "lobby", "1", "ada");
  enter("/", "lobby", "2", "bob");
  enter("/", "lobby", "1", "ada");
  EXPECT_EQ(names(presence, "/", "lobby"), "1=ada;2=bob;");
  EXPECT_TRUE(presence.announce("/", "lobby", "1"));
  EXPECT_FALSE(presence.leave("/", "lobby", "1")) << "one session is left";
  EXPECT_TRUE(presence.leave("/", "lobby", "1"));
  EXPECT_EQ(names(presence, "/", "lobby"), "2=bob;");
}

TEST_F(PresenceTest, OnlyWhoWasAnnouncedIsMissed) {
  EXPECT_FALSE(presence.announce("/", "lobby", "1")) << "not there";
  enter("/", "lobby", "1", "ada");
  EXPECT_FALSE(presence.leave("/", "lobby", "1")) << "nobody had been told";
  enter("/", "lobby", "1", "ada");
  EXPECT_TRUE(presence.announce("/", "lobby", "1"));
  EXPECT_FALSE(presence.announce("/", "lobby", "1")) << "told once";
  EXPECT_TRUE(presence.leave("/", "lobby", "1"));
  EXPECT_FALSE(presence.leave("/", "lobby", "1")) << "gone already";
}

TEST_F(PresenceTest, RoomsAndNamespacesAreApart) {
  enter("/", "a", "1", "ada");
  enter("/x", "a", "2", "bob");
  EXPECT_EQ(names(presence, "/", "a"), "1=ada;");
  EXPECT_EQ(names(presence, "/x", "a"), "2=bob;");
  EXPECT_EQ(names(presence, "/", "b"), "");
}

TEST_F(PresenceTest, ManyThreadsCountToNothingInTheEnd) {
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([this] {
      for (int i = 0; i < 2'000; ++i) {
        enter("/", "lobby", "1", "ada");
        (void)presence.people("/", "lobby");
        (void)presence.leave("/", "lobby", "1");
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_TRUE(presence.people("/", "lobby").empty());
  EXPECT_EQ(people.size(), 0U) << "nobody is known any more";
}

TEST_F(PresenceTest, TheNameIsThatOfTheSessionThatCameLast) {
  enter("/", "lobby", "1", "ada");
  EXPECT_TRUE(presence.announce("/", "lobby", "1"));
  enter("/", "lobby", "1", "ada lovelace");
  EXPECT_EQ(names(presence, "/", "lobby"), "1=ada lovelace;");
  EXPECT_FALSE(presence.announce("/", "lobby", "1")) << "the same user";
  EXPECT_EQ(people.size(), 1U) << "nobody bears the first name any more";
}

}  // namespace
}  // namespace securechat::chat
