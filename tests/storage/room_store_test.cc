#include "fixture.h"

namespace securechat::storage {
namespace {

class RoomStoreTest : public StorageTest {};

TEST_F(RoomStoreTest, EnsureCreatesOnceAndAnswersTheRoomThatStands) {
  const std::unique_ptr<Database> database = open();
  const Status status = database->write_and_wait([](Stores& s) {
    EXPECT_FALSE(s.rooms.find("/", "lobby")->has_value());
    Result<Room> made = s.rooms.ensure("/", "lobby", "ann", 1000);
    EXPECT_EQ(made->owner_id, "ann");
    EXPECT_EQ(made->created_at_ms, 1000);
    EXPECT_EQ(made->last_seq, 0);
    EXPECT_FALSE(made->is_private);
    Result<Room> again = s.rooms.ensure("/", "lobby", "bob", 2000);
    EXPECT_EQ(again->id, made->id);
    EXPECT_EQ(again->owner_id, "ann");
    EXPECT_NE(s.rooms.ensure("/admin", "lobby", "", 1000)->id, made->id);
    EXPECT_EQ((*s.rooms.find("/", "lobby"))->name, "lobby");
    return Status();
  });
  EXPECT_TRUE(status.ok());
}

TEST_F(RoomStoreTest, AMessageMovesLastSeqOfItsRoomOnly) {
  const std::unique_ptr<Database> database = open();
  ASSERT_TRUE(append(*database, make_message(1)).ok());
  ASSERT_TRUE(append(*database, make_message(2)).ok());
  ASSERT_TRUE(append(*database, make_message(3, "other")).ok());
  const Status status = database->read_and_wait([](Stores& s) {
    EXPECT_EQ((*s.rooms.find("/", "lobby"))->last_seq, 2);
    EXPECT_EQ((*s.rooms.find("/", "lobby"))->owner_id, "");
    EXPECT_EQ((*s.rooms.find("/", "other"))->last_seq, 1);
    return Status();
  });
  EXPECT_TRUE(status.ok());
}

}  // namespace
}  // namespace securechat::storage
