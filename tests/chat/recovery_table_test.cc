#include "chat/recovery_table.h"

#include <gtest/gtest.h>

#include <string>

namespace securechat::chat {
namespace {

LostSession lost(std::string pid, std::int64_t ended_at_ms, std::string user_id = "u") {
  LostSession session;
  session.pid = std::move(pid);
  session.sid = "sid-" + session.pid;
  session.user_id = std::move(user_id);
  session.login = "login";
  session.nsp = "/";
  session.rooms = {{"lobby", 3, false}, {"den \"x\"", 7, true}};
  session.position = 2;
  session.ended_at_ms = ended_at_ms;
  return session;
}

TEST(RecoveryTableTest, IsTakenOnceByItsUserInItsNamespace) {
  RecoveryTable table(1'000);
  table.keep(lost("a", 100));
  EXPECT_FALSE(table.take("a", "other", "/", 200));
  EXPECT_FALSE(table.take("a", "u", "/x", 200));
  EXPECT_FALSE(table.take("b", "u", "/", 200));
  const auto taken = table.take("a", "u", "/", 200);
  ASSERT_TRUE(taken);
  EXPECT_EQ(taken->sid, "sid-a");
  EXPECT_FALSE(table.take("a", "u", "/", 200)) << "a second time";
}

TEST(RecoveryTableTest, TheWindowIsExact) {
  RecoveryTable table(1'000);
  table.keep(lost("a", 100));
  table.keep(lost("b", 100));
  EXPECT_TRUE(table.take("a", "u", "/", 1'100));
  EXPECT_FALSE(table.take("b", "u", "/", 1'101));
  EXPECT_EQ(table.size(), 0U);
}

TEST(RecoveryTableTest, OldOnesMakeRoom) {
  RecoveryTable table(1'000, 3);
  for (const char* pid : {"a", "b", "c", "d"}) table.keep(lost(pid, 100));
  EXPECT_EQ(table.size(), 3U);
  EXPECT_FALSE(table.take("a", "u", "/", 200));
  EXPECT_TRUE(table.take("d", "u", "/", 200));
  table.keep(lost("e", 5'000));
  EXPECT_EQ(table.size(), 1U) << "whose time is over is forgotten";
}

TEST(RecoveryTableTest, KeptAgainIsKeptOnce) {
  RecoveryTable table(1'000);
  table.keep(lost("a", 100));
  table.keep(lost("a", 300));
  EXPECT_EQ(table.size(), 1U);
  EXPECT_TRUE(table.take("a", "u", "/", 1'300));
}

TEST(RecoveryTableTest, StorageGivesBackWhatItGot) {
  const LostSession before = lost("a", 100);
  const auto after = from_storage(to_storage(before));
  ASSERT_TRUE(after);
  EXPECT_EQ(after->sid, before.sid);
  EXPECT_EQ(after->login, before.login);
  EXPECT_EQ(after->position, 2);
  ASSERT_EQ(after->rooms.size(), 2U);
  EXPECT_EQ(after->rooms[1].name, "den \"x\"");
  EXPECT_EQ(after->rooms[1].since, 7);
  EXPECT_TRUE(after->rooms[1].announced);
  for (const char* rooms : {"", "{}", "[1]", R"([{"name":"x"}])", "not json"}) {
    storage::RecoverySession stored = to_storage(before);
    stored.rooms = rooms;
    EXPECT_FALSE(from_storage(stored)) << rooms;
  }
}

}  // namespace
}  // namespace securechat::chat
