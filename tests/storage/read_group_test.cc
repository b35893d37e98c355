#include <future>
#include <stdexcept>

#include "fixture.h"

namespace securechat::storage {
namespace {

class ReadGroupTest : public StorageTest {
 protected:
  // Queues a read and keeps its answer under the next number.
  void read(Database::Work work) {
    const int number = asked_++;
    EXPECT_TRUE(database_
                    ->read(std::move(work),
                           [this, number](Status status) {
                             answers_.emplace_back(number, std::move(status));
                           })
                    .ok());
  }

  // While the reader is busy whatever is queued waits, and is read together afterwards.
  void hold() {
    std::promise<void> entered;
    read([this, &entered](Stores&) {
      entered.set_value();
      released_.get_future().wait();
      return Status();
    });
    entered.get_future().wait();
  }
  void release() {
    released_.set_value();
    EXPECT_TRUE(database_->read_and_wait([](Stores&) { return Status(); }).ok());
  }

  std::unique_ptr<Database> database_ = open();
  int asked_ = 0;
  std::vector<std::pair<int, Status>> answers_;
  std::promise<void> released_;
};

Database::Work finding(std::string id, bool& found) {
  return [id = std::move(id), &found](Stores& stores) -> Status {
    const Result<std::optional<User>> user = stores.users.find(id);
    if (!user.ok()) return user.status();
    found = user->has_value();
    return {};
  };
}

TEST_F(ReadGroupTest, WhatWasCommittedBeforeItWasAskedForIsSeen) {
  std::vector<User> users;
  for (int n = 0; n < 40; ++n) users.push_back(make_user(n));
  const std::unique_ptr<bool[]> found(new bool[users.size()]());
  hold();
  for (std::size_t i = 0; i < users.size(); ++i) {
    const User& user = users[i];
    EXPECT_TRUE(
        database_->write_and_wait([&user](Stores& stores) { return stores.users.insert(user); })
            .ok());
    read(finding(user.id, found[i]));
  }
  release();
  ASSERT_EQ(answers_.size(), 41U);
  for (std::size_t i = 0; i < answers_.size(); ++i) {
    EXPECT_EQ(answers_[i].first, static_cast<int>(i));
    EXPECT_TRUE(answers_[i].second.ok());
  }
  for (std::size_t i = 0; i < users.size(); ++i) EXPECT_TRUE(found[i]) << i;
}

TEST_F(ReadGroupTest, AFaultIsThatOfItsOwnReadAlone) {
  const User user = make_user(1);
  EXPECT_TRUE(
      database_->write_and_wait([&user](Stores& stores) { return stores.users.insert(user); })
          .ok());
  bool before = false;
  bool after = false;
  hold();
  read(finding(user.id, before));
  read([](Stores& stores) { return stores.users.insert(make_user(2)); });
  read([](Stores&) -> Status { throw std::runtime_error("a defect"); });
  read([](Stores&) { return Status(Code::kNotFound, "Nothing."); });
  read(finding(user.id, after));
  release();
  ASSERT_EQ(answers_.size(), 6U);
  EXPECT_TRUE(answers_[1].second.ok());
  EXPECT_EQ(answers_[2].second.code(), Code::kState);
  EXPECT_EQ(answers_[3].second.code(), Code::kInternal);
  EXPECT_EQ(answers_[4].second.code(), Code::kNotFound);
  EXPECT_TRUE(answers_[5].second.ok());
  EXPECT_TRUE(before);
  EXPECT_TRUE(after);
}

}  // namespace
}  // namespace securechat::storage
