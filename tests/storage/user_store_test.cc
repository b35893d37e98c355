#include "fixture.h"

namespace securechat::storage {
namespace {

class UserStoreTest : public StorageTest {
 protected:
  UserStoreTest() { database_ = open(); }
  Status run(Database::Work work) { return database_->write_and_wait(std::move(work)); }
  std::unique_ptr<Database> database_;
};

TEST_F(UserStoreTest, FindsWhatWasInserted) {
  const User given = make_user(1);
  const Status status = run([&](Stores& s) {
    EXPECT_TRUE(s.users.insert(given).ok());
    for (const auto& found :
         {s.users.find(given.id), s.users.find_by_email("user1@example.org"),
          s.users.find_by_username("User1"), s.users.find_by_username("uSER1")}) {
      EXPECT_TRUE(found.ok() && found->has_value());
      const User& user = **found;
      EXPECT_EQ(user.id, given.id);
      EXPECT_EQ(user.username, given.username);
      EXPECT_EQ(user.email, given.email);
      EXPECT_EQ(user.email_key, given.email_key);
      EXPECT_EQ(user.password_hash, given.password_hash);
      EXPECT_EQ(user.role, "user");
      EXPECT_TRUE(user.enabled);
      EXPECT_EQ(user.created_at_ms, given.created_at_ms);
    }
    EXPECT_FALSE(s.users.find("nobody")->has_value());
    EXPECT_FALSE(s.users.find_by_email("")->has_value());
    return Status();
  });
  EXPECT_TRUE(status.ok()) << status.message();
}

// Shows: R93 S18
TEST_F(UserStoreTest, ATakenEmailIsExistsAndATakenIdIsADefect) {
  ASSERT_TRUE(run([](Stores& s) { return s.users.insert(make_user(1)); }).ok());
  User other = make_user(2);
  other.email_key = make_user(1).email_key;
  EXPECT_EQ(run([&](Stores& s) { return s.users.insert(other); }).code(), Code::kExists);
  other = make_user(2);
  other.id = make_user(1).id;
  EXPECT_EQ(run([&](Stores& s) { return s.users.insert(other); }).code(), Code::kInternal);
  other = make_user(3);
  other.username = make_user(1).username;
  EXPECT_TRUE(run([&](Stores& s) { return s.users.insert(other); }).ok());
}

// Shows: R43 R93
TEST_F(UserStoreTest, AClaimedNameIsItsUsersAlone) {
  User first = make_user(1);
  first.claimed_name = "ann";
  User second = make_user(2);
  second.claimed_name = "ann";
  ASSERT_TRUE(run([&](Stores& s) { return s.users.insert(first); }).ok());
  EXPECT_EQ(run([&](Stores& s) { return s.users.insert(second); }).code(), Code::kExists);
  second.claimed_name.clear();
  ASSERT_TRUE(run([&](Stores& s) { return s.users.insert(second); }).ok());
  ASSERT_TRUE(run([&](Stores& s) { return s.users.insert(make_user(3)); }).ok()) << "nor does he";
  const auto claimed = [&](const User& user) {
    std::string name;
    EXPECT_TRUE(run([&](Stores& s) {
                  name = (**s.users.find(user.id)).claimed_name;
                  return Status();
                }).ok());
    return name;
  };
  EXPECT_EQ(claimed(first), "ann");
  EXPECT_TRUE(run([&](Stores& s) { return s.users.claim_name(second.id, "ann"); }).ok());
  EXPECT_EQ(claimed(second), "") << "it is another's";
  EXPECT_TRUE(run([&](Stores& s) { return s.users.claim_name(second.id, "bob"); }).ok());
  EXPECT_EQ(claimed(second), "bob");
}

TEST_F(UserStoreTest, TheExactUsernameIsFoundBeforeOneThatDiffersInCase) {
  User lower = make_user(1);
  lower.username = "ann";
  User upper = make_user(2);
  upper.username = "ANN";
  ASSERT_TRUE(run([&](Stores& s) {
                (void)s.users.insert(lower);
                return s.users.insert(upper);
              }).ok());
  (void)run([&](Stores& s) {
    EXPECT_EQ((*s.users.find_by_username("ANN"))->id, upper.id);
    EXPECT_EQ((*s.users.find_by_username("ann"))->id, lower.id);
    EXPECT_EQ((*s.users.find_by_username("Ann"))->id, lower.id);
    return Status();
  });
}

TEST_F(UserStoreTest, ChangesAndListsInTheOrderOfCreation) {
  const Status status = run([](Stores& s) {
    for (int n : {3, 1, 2}) {
      EXPECT_TRUE(s.users.insert(make_user(n)).ok());
    }
    const std::string id = make_user(1).id;
    EXPECT_TRUE(s.users.set_password_hash(id, "new").ok());
    EXPECT_TRUE(s.users.set_role(id, "admin").ok());
    EXPECT_TRUE(s.users.set_enabled(id, false).ok());
    EXPECT_TRUE(s.users.remove(make_user(3).id).ok());
    Result<std::vector<User>> users = s.users.list();
    EXPECT_EQ(users->size(), 2U);
    EXPECT_EQ(users->at(0).password_hash, "new");
    EXPECT_EQ(users->at(0).role, "admin");
    EXPECT_FALSE(users->at(0).enabled);
    EXPECT_EQ(users->at(1).id, make_user(2).id);
    return Status();
  });
  EXPECT_TRUE(status.ok());
}

TEST_F(UserStoreTest, ChangingNobodyIsNotFound) {
  (void)run([](Stores& s) {
    EXPECT_EQ(s.users.set_password_hash("x", "h").code(), Code::kNotFound);
    EXPECT_EQ(s.users.set_role("x", "admin").code(), Code::kNotFound);
    EXPECT_EQ(s.users.set_enabled("x", true).code(), Code::kNotFound);
    EXPECT_EQ(s.users.remove("x").code(), Code::kNotFound);
    return Status();
  });
}

// Shows: S17
TEST_F(UserStoreTest, APendingUserIsPendingUntilTheHostDecides) {
  const Status status = run([](Stores& s) {
    for (const bool enabled : {true, false}) {
      User user = make_user(enabled ? 1 : 2);
      user.enabled = false;
      user.pending = true;
      EXPECT_TRUE(s.users.insert(user).ok());
      EXPECT_TRUE((*s.users.find_by_email(user.email_key))->pending);
      EXPECT_TRUE(s.users.set_role(user.id, "admin").ok());
      EXPECT_TRUE((*s.users.find(user.id))->pending);
      EXPECT_TRUE(s.users.set_enabled(user.id, enabled).ok());
      EXPECT_FALSE((*s.users.find(user.id))->pending);
      EXPECT_EQ((*s.users.find(user.id))->enabled, enabled);
    }
    return Status();
  });
  EXPECT_TRUE(status.ok()) << status.message();
}

// Shows: R27
TEST_F(UserStoreTest, TellsTheHighestCostOfItsHashes) {
  const auto highest = [&] {
    int cost = -1;
    EXPECT_TRUE(run([&](Stores& s) {
                  cost = *s.users.highest_bcrypt_cost();
                  return Status();
                }).ok());
    return cost;
  };
  EXPECT_EQ(highest(), 0);
  int number = 0;
  for (const auto& [hash, cost] :
       {std::pair("", 0), std::pair("$1$salt$0123", 0), std::pair("p1.0123", 0),
        std::pair("$2b$9x$CCCC", 0), std::pair("$2b$10$CCCC", 10), std::pair("$2b$09$CCCC", 10),
        std::pair("p1.01234567$2b$12$CCCC", 12), std::pair("$2a$13$CCCC", 13)}) {
    User user = make_user(++number);
    user.password_hash = hash;
    ASSERT_TRUE(run([&](Stores& s) { return s.users.insert(user); }).ok());
    EXPECT_EQ(highest(), cost) << hash;
  }
}

// Shows: R46
TEST_F(UserStoreTest, TextIsKeptByteForByteAndNeverRunAsSql) {
  User user = make_user(1);
  using std::string_literals::operator""s;
  user.username = "a\0b'; DROP TABLE users; --\xF0\x9F\x98\x80"s;
  (void)run([&](Stores& s) {
    EXPECT_TRUE(s.users.insert(user).ok());
    EXPECT_EQ((*s.users.find(user.id))->username, user.username);
    EXPECT_FALSE(s.users.find_by_email("' OR 1=1 --")->has_value());
    return Status();
  });
}

// Shows: R96
TEST_F(UserStoreTest, AnOversizedValueIsRefusedAndTheNextOneGoesOn) {
  User user = make_user(1);
  user.username.assign(20U << 20U, 'x');
  EXPECT_EQ(run([&](Stores& s) { return s.users.insert(user); }).code(), Code::kInvalid);
  EXPECT_TRUE(run([&](Stores& s) { return s.users.insert(make_user(1)); }).ok());
}

}  // namespace
}  // namespace securechat::storage
