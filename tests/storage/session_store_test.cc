#include "fixture.h"

namespace securechat::storage {
namespace {

LoginSession make_session(int n, int user = 1) {
  LoginSession session;
  session.sid = hex_id('c', n);
  session.user_id = make_user(user).id;
  session.created_at_ms = 1000 + n;
  session.expires_at_ms = 100'000 + n;
  session.last_used_ms = 1000 + n;
  return session;
}

std::string hash(char fill) {
  return std::string(32, fill);
}

RefreshToken make_token(char fill, const std::string& sid, const std::string& parent = "") {
  return {hash(fill), sid, parent, RefreshState::kLive, 5000};
}

class SessionStoreTest : public StorageTest {
 protected:
  SessionStoreTest() {
    database_ = open();
    EXPECT_TRUE(run([](Stores& s) {
                  (void)s.users.insert(make_user(1));
                  return s.users.insert(make_user(2));
                }).ok());
  }
  Status run(Database::Work work) { return database_->write_and_wait(std::move(work)); }
  std::unique_ptr<Database> database_;
};

TEST_F(SessionStoreTest, FindsTouchesAndRevokes) {
  (void)run([](Stores& s) {
    const LoginSession given = make_session(1);
    EXPECT_TRUE(s.sessions.insert(given).ok());
    EXPECT_EQ(s.sessions.insert(given).code(), Code::kExists);
    EXPECT_TRUE(s.sessions.touch(given.sid, 7777).ok());
    Result<std::optional<LoginSession>> found = s.sessions.find(given.sid);
    EXPECT_EQ((*found)->user_id, given.user_id);
    EXPECT_EQ((*found)->created_at_ms, given.created_at_ms);
    EXPECT_EQ((*found)->expires_at_ms, given.expires_at_ms);
    EXPECT_EQ((*found)->last_used_ms, 7777);
    EXPECT_FALSE((*found)->revoked);
    EXPECT_TRUE(s.sessions.revoke(given.sid).ok());
    EXPECT_TRUE(s.sessions.revoke(given.sid).ok());
    EXPECT_TRUE((*s.sessions.find(given.sid))->revoked);
    EXPECT_EQ(s.sessions.touch("none", 1).code(), Code::kNotFound);
    EXPECT_EQ(s.sessions.revoke("none").code(), Code::kNotFound);
    EXPECT_FALSE(s.sessions.find("none")->has_value());
    return Status();
  });
}

TEST_F(SessionStoreTest, NeedsItsUserAndEndsWithIt) {
  EXPECT_EQ(run([](Stores& s) { return s.sessions.insert(make_session(1, 9)); }).code(),
            Code::kNotFound);
  (void)run([](Stores& s) {
    EXPECT_TRUE(s.sessions.insert(make_session(1)).ok());
    EXPECT_TRUE(s.sessions.insert_token(make_token('x', make_session(1).sid)).ok());
    EXPECT_TRUE(s.users.remove(make_user(1).id).ok());
    EXPECT_FALSE(s.sessions.find(make_session(1).sid)->has_value());
    EXPECT_FALSE(s.sessions.find_token(hash('x'))->has_value());
    return Status();
  });
}

TEST_F(SessionStoreTest, ListsWhatIsAliveOldestFirst) {
  (void)run([](Stores& s) {
    for (int n : {3, 1, 2, 4}) {
      EXPECT_TRUE(s.sessions.insert(make_session(n)).ok());
    }
    EXPECT_TRUE(s.sessions.insert(make_session(5, 2)).ok());
    EXPECT_TRUE(s.sessions.revoke(make_session(2).sid).ok());
    Result<std::vector<LoginSession>> sessions = s.sessions.list(make_user(1).id, 100'001);
    EXPECT_EQ(sessions->size(), 2U);  // The first is over at its very end.
    EXPECT_EQ(sessions->at(0).sid, make_session(3).sid);
    EXPECT_EQ(sessions->at(1).sid, make_session(4).sid);
    return Status();
  });
}

TEST_F(SessionStoreTest, RevokesAllButOne) {
  (void)run([](Stores& s) {
    for (int n : {1, 2, 3}) {
      EXPECT_TRUE(s.sessions.insert(make_session(n)).ok());
    }
    EXPECT_TRUE(s.sessions.insert(make_session(4, 2)).ok());
    EXPECT_TRUE(s.sessions.revoke(make_session(1).sid).ok());
    const std::string user = make_user(1).id;
    EXPECT_EQ(*s.sessions.revoke_all(user, make_session(3).sid),
              std::vector<std::string>{make_session(2).sid});
    EXPECT_FALSE((*s.sessions.find(make_session(3).sid))->revoked);
    EXPECT_EQ(s.sessions.revoke_all(user, "")->size(), 1U);
    EXPECT_TRUE(s.sessions.revoke_all(user, "")->empty());
    EXPECT_FALSE((*s.sessions.find(make_session(4).sid))->revoked);
    return Status();
  });
}

TEST_F(SessionStoreTest, StandingTellsOfASessionAndItsUserAtOnce) {
  (void)run([](Stores& s) {
    const LoginSession session = make_session(1);
    EXPECT_TRUE(s.sessions.insert(session).ok());
    EXPECT_FALSE(s.sessions.standing(make_session(2).sid)->has_value());
    EXPECT_TRUE(s.users.set_role(session.user_id, "moderator").ok());
    const User user = **s.users.find(session.user_id);
    const Standing before = **s.sessions.standing(session.sid);
    EXPECT_EQ(before.user_id, user.id);
    EXPECT_EQ(before.username, user.username);
    EXPECT_EQ(before.email, user.email);
    EXPECT_EQ(before.role, "moderator");
    EXPECT_EQ(before.expires_at_ms, session.expires_at_ms);
    EXPECT_FALSE(before.revoked);
    EXPECT_TRUE(before.enabled);
    EXPECT_TRUE(s.sessions.revoke(session.sid).ok());
    EXPECT_TRUE(s.users.set_enabled(session.user_id, false).ok());
    const Standing after = **s.sessions.standing(session.sid);
    EXPECT_TRUE(after.revoked);
    EXPECT_FALSE(after.enabled);
    return Status();
  });
}

// Also what somebody does by hand, and what goes with its user.
// Shows: R21 R32
TEST_F(SessionStoreTest, RevocationsAreNumberedWhoeverMakesThem) {
  const auto lasting = [](int n, int user = 1) {
    LoginSession session = make_session(n, user);
    session.expires_at_ms = std::int64_t{4'000'000'000} * 1'000;
    return session;
  };
  (void)run([&](Stores& s) {
    for (int n : {1, 2, 3}) EXPECT_TRUE(s.sessions.insert(lasting(n)).ok());
    EXPECT_TRUE(s.sessions.insert(lasting(4, 2)).ok());
    EXPECT_EQ(*s.sessions.newest_revocation(), 0);
    EXPECT_TRUE(s.sessions.revoke(lasting(2).sid).ok());
    EXPECT_TRUE(s.sessions.revoke(lasting(2).sid).ok());
    EXPECT_EQ(*s.sessions.newest_revocation(), 1);
    EXPECT_EQ(s.sessions.revoke_all(lasting(1).user_id, "")->size(), 2U);
    EXPECT_TRUE(s.users.remove(lasting(4, 2).user_id).ok());
    const Revocations all = *s.sessions.revocations_after(0);
    EXPECT_EQ(all.newest, 4);
    EXPECT_EQ(all.sids.size(), 4U);
    EXPECT_EQ(all.sids.front(), lasting(2).sid);
    EXPECT_EQ(all.sids.back(), lasting(4, 2).sid);
    EXPECT_EQ(s.sessions.revocations_after(3)->sids, std::vector<std::string>{lasting(4, 2).sid});
    const Revocations none = *s.sessions.revocations_after(4);
    EXPECT_EQ(none.newest, 4);
    EXPECT_TRUE(none.sids.empty());
    // The numbers go on although the rows are forgotten.
    EXPECT_TRUE(s.sessions.prune(std::int64_t{5'000'000'000} * 1'000, 100).ok());
    EXPECT_TRUE(s.sessions.revocations_after(0)->sids.empty());
    EXPECT_TRUE(s.sessions.insert(lasting(5)).ok());
    EXPECT_TRUE(s.sessions.revoke(lasting(5).sid).ok());
    EXPECT_EQ(s.sessions.revocations_after(4)->newest, 5);
    return Status();
  });
}

TEST_F(SessionStoreTest, TokensFormAFamilyInTheOrderOfIssue) {
  (void)run([](Stores& s) {
    const std::string sid = make_session(1).sid;
    EXPECT_TRUE(s.sessions.insert(make_session(1)).ok());
    EXPECT_TRUE(s.sessions.insert_token(make_token('p', sid)).ok());
    // The same millisecond, and hashes that sort the other way round.
    for (char fill : {'z', 'y', 'x'}) {
      EXPECT_TRUE(s.sessions.insert_token(make_token(fill, sid, hash('p'))).ok());
    }
    EXPECT_EQ(s.sessions.insert_token(make_token('p', sid)).code(), Code::kExists);
    EXPECT_EQ(s.sessions.insert_token(make_token('q', "none")).code(), Code::kNotFound);
    EXPECT_EQ(s.sessions.insert_token({"short", sid, "", RefreshState::kLive, 1}).code(),
              Code::kInvalid);
    Result<std::optional<RefreshToken>> newest = s.sessions.newest_child(hash('p'));
    EXPECT_EQ((*newest)->handle_hash, hash('x'));
    EXPECT_EQ((*newest)->parent_hash, hash('p'));
    EXPECT_FALSE(s.sessions.newest_child(hash('x'))->has_value());
    EXPECT_FALSE(s.sessions.newest_child("")->has_value());

    EXPECT_TRUE(s.sessions.set_token_state(hash('p'), RefreshState::kUsed).ok());
    EXPECT_TRUE(s.sessions.set_token_state(hash('x'), RefreshState::kVoid).ok());
    EXPECT_EQ(s.sessions.set_token_state(hash('n'), RefreshState::kVoid).code(), Code::kNotFound);
    Result<std::optional<RefreshToken>> parent = s.sessions.find_token(hash('p'));
    EXPECT_EQ((*parent)->state, RefreshState::kUsed);
    EXPECT_EQ((*parent)->sid, sid);
    EXPECT_EQ((*parent)->parent_hash, "");
    EXPECT_EQ((*parent)->issued_at_ms, 5000);
    EXPECT_EQ((*s.sessions.find_token(hash('x')))->state, RefreshState::kVoid);
    return Status();
  });
}

// Shows: R98
TEST_F(SessionStoreTest, PruneForgetsWhatEndedWithItsTokens) {
  (void)run([](Stores& s) {
    for (int n : {1, 2, 3}) {
      EXPECT_TRUE(s.sessions.insert(make_session(n)).ok());
    }
    EXPECT_TRUE(s.sessions.insert_token(make_token('x', make_session(1).sid)).ok());
    EXPECT_TRUE(s.sessions.insert_token(make_token('y', make_session(3).sid)).ok());
    EXPECT_EQ(*s.sessions.prune(100'003, 1), 1);
    EXPECT_EQ(*s.sessions.prune(100'003, 9), 1);
    EXPECT_EQ(*s.sessions.prune(100'003, 9), 0);
    EXPECT_FALSE(s.sessions.find_token(hash('x'))->has_value());
    EXPECT_TRUE(s.sessions.find_token(hash('y'))->has_value());
    EXPECT_TRUE(s.sessions.find(make_session(3).sid)->has_value());
    return Status();
  });
}

// Shows: R20
TEST_F(SessionStoreTest, RevokedNamesAreKnownUntilTheirTime) {
  (void)run([](Stores& s) {
    EXPECT_FALSE(*s.sessions.name_revoked("one"));
    EXPECT_TRUE(s.sessions.revoke_name("one", 1000).ok());
    EXPECT_TRUE(s.sessions.revoke_name("two", 5000).ok());
    EXPECT_TRUE(s.sessions.revoke_name("two", 2000).ok());
    EXPECT_EQ(s.sessions.revocations_after(0)->sids, (std::vector<std::string>{"one", "two"}))
        << "other processes hear of each once";
    EXPECT_TRUE(*s.sessions.name_revoked("one"));
    EXPECT_FALSE(*s.sessions.name_revoked("ONE"));
    EXPECT_FALSE(*s.sessions.name_revoked("one' OR 1=1 --"));
    EXPECT_TRUE(s.sessions.prune_names(1001, 8).ok());
    EXPECT_FALSE(*s.sessions.name_revoked("one"));
    EXPECT_TRUE(s.sessions.prune_names(3000, 8).ok());
    EXPECT_TRUE(*s.sessions.name_revoked("two")) << "a shorter time does not replace a longer one";
    return Status();
  });
}

}  // namespace
}  // namespace securechat::storage
