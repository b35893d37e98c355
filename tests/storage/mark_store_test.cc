#include "storage/mark_store.h"

#include "fixture.h"

namespace securechat::storage {
namespace {

class MarkStoreTest : public StorageTest {};

TEST_F(MarkStoreTest, MarksGoForwardOnlyAndNotBeyondTheNewest) {
  const std::unique_ptr<Database> database = open();
  for (int n : {1, 2, 3}) ASSERT_TRUE(append(*database, make_message(n)).ok());
  ASSERT_TRUE(append(*database, make_message(9, "other")).ok());
  const Status status = database->write_and_wait([](Stores& s) {
    const auto move = [&s](std::string_view user, std::int64_t seq) {
      const Result<Marked> marked = s.marks.advance("/", "lobby", user, seq);
      EXPECT_TRUE(marked.ok()) << marked.message();
      return std::pair(marked->seq, marked->advanced);
    };
    EXPECT_EQ(move("ada", 2), std::pair(std::int64_t{2}, true));
    EXPECT_EQ(move("ada", 2), std::pair(std::int64_t{2}, false));
    EXPECT_EQ(move("ada", 1), std::pair(std::int64_t{2}, false));
    EXPECT_EQ(move("ada", 99), std::pair(std::int64_t{3}, true));
    EXPECT_EQ(move("bob", 1), std::pair(std::int64_t{1}, true));
    EXPECT_EQ(s.marks.advance("/", "other", "ada", 1)->seq, 1);
    EXPECT_FALSE(s.marks.advance("/", "nowhere", "ada", 1)->advanced);
    EXPECT_FALSE(s.marks.advance("/admin", "lobby", "ada", 1)->advanced);
    const std::vector<ReadMark> all = *s.marks.list("/", "lobby", 10);
    EXPECT_EQ(all.size(), 2U);
    EXPECT_EQ(all.front().user_id, "ada");
    EXPECT_EQ(all.front().seq, 3);
    EXPECT_EQ(s.marks.list("/", "lobby", 1)->size(), 1U);
    EXPECT_TRUE(s.marks.list("/", "nowhere", 10)->empty());
    return Status();
  });
  EXPECT_TRUE(status.ok());
}

TEST_F(MarkStoreTest, NoneIsLeftOfAUserWhoIsGone) {
  const std::unique_ptr<Database> database = open();
  ASSERT_TRUE(append(*database, make_message(1)).ok());
  EXPECT_TRUE(database
                  ->write_and_wait([](Stores& s) {
                    const User user = make_user(5);
                    EXPECT_TRUE(s.users.insert(user).ok());
                    EXPECT_TRUE(s.marks.advance("/", "lobby", user.id, 1)->advanced);
                    EXPECT_TRUE(s.users.remove(user.id).ok());
                    EXPECT_TRUE(s.marks.list("/", "lobby", 10)->empty());
                    return Status();
                  })
                  .ok());
}

}  // namespace
}  // namespace securechat::storage
