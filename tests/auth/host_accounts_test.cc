#include "auth_fixture.h"

namespace securechat::auth {
namespace {

using HostAccountsTest = AuthTest;

TEST_F(HostAccountsTest, CreateFindListRemove) {
  const Result<storage::User> made =
      accounts->create_user("Ada", "Ada@example.com", Secret(kPassword), "admin");
  ASSERT_TRUE(made.ok()) << made.message();
  EXPECT_EQ(made->role, "admin");
  EXPECT_TRUE(made->password_hash.empty());
  EXPECT_EQ(accounts->create_user("b", "ada@EXAMPLE.com", Secret(kPassword), "").code(),
            Code::kExists);
  EXPECT_EQ(accounts->create_user("b", "no", Secret(kPassword), "").code(), Code::kInvalid);
  EXPECT_EQ(accounts->create_user("b", "b@b.co", Secret("x"), "").code(), Code::kInvalid);
  EXPECT_EQ(accounts->create_user("<", "b@b.co", Secret(kPassword), "").code(), Code::kInvalid);
  EXPECT_EQ(accounts->create_user("b", "b@b.co", Secret(kPassword), "a\nb").code(), Code::kInvalid);
  for (const std::string& who : {made->id, std::string(" ADA@example.com"), std::string("Ada")}) {
    ASSERT_TRUE(accounts->find_user(who).ok()) << who;
    EXPECT_EQ(accounts->find_user(who)->id, made->id);
    EXPECT_TRUE(accounts->find_user(who)->password_hash.empty());
  }
  EXPECT_EQ(accounts->find_user("nobody").code(), Code::kNotFound);
  EXPECT_EQ(accounts->list_users()->size(), 1U);
  EXPECT_TRUE(accounts->remove_user(made->id).ok());
  EXPECT_EQ(accounts->remove_user(made->id).code(), Code::kNotFound);
  EXPECT_TRUE(accounts->list_users()->empty());
}

TEST_F(HostAccountsTest, AnAmbiguousNameIsNotGuessed) {
  const std::string one = accounts->create_user("ada", "1@b.co", Secret(kPassword), "")->id;
  ASSERT_TRUE(accounts->create_user("ada", "2@b.co", Secret(kPassword), "").ok());
  EXPECT_EQ(accounts->find_user("ada").code(), Code::kState);
  EXPECT_EQ(accounts->find_user("1@b.co")->id, one);
}

// Shows: R21 R32
TEST_F(HostAccountsTest, DisableRemoveAndSetPasswordEndSessions) {
  const auto ends_session = [&](const std::string& name, auto act) {
    const Grant grant = sign_up(name).value;
    EXPECT_TRUE(act(grant.user.id).ok());
    EXPECT_EQ(take_revoked(), std::vector<std::string>{grant.sid}) << name;
    EXPECT_EQ(who(grant.access_token).fault, Fault::kTokenInvalid) << name;
    EXPECT_EQ(renew(grant.refresh_token).fault, Fault::kTokenInvalid) << name;
  };
  ends_session("disabled", [&](const std::string& id) { return accounts->set_enabled(id, false); });
  EXPECT_EQ(log_in("disabled@example.com").fault, Fault::kInvalidCredentials);
  ASSERT_TRUE(accounts->set_enabled(accounts->find_user("disabled")->id, true).ok());
  EXPECT_TRUE(log_in("disabled@example.com").ok());
  ends_session("removed", [&](const std::string& id) { return accounts->remove_user(id); });
  ends_session("changed", [&](const std::string& id) {
    return accounts->set_password(id, Secret("Other0000"));
  });
  EXPECT_TRUE(log_in("changed@example.com", "Other0000").ok());
  for (const Status& status :
       {accounts->set_enabled("x", true), accounts->set_enabled("x", false),
        accounts->set_role("x", "user"), accounts->set_password("x", Secret(kPassword))}) {
    EXPECT_EQ(status.code(), Code::kNotFound);
  }
  EXPECT_EQ(accounts->set_password("x", Secret("short")).code(), Code::kInvalid);
  EXPECT_EQ(accounts->set_role("x", "").code(), Code::kInvalid);
}

TEST_F(HostAccountsTest, IssuedTokensAreSessions) {
  const std::string id = accounts->create_user("ada", "a@b.co", Secret(kPassword), "")->id;
  const Result<std::string> token = accounts->issue_token(id, 60);
  ASSERT_TRUE(token.ok()) << token.message();
  const Outcome<Principal> principal = who(*token);
  ASSERT_TRUE(principal.ok());
  EXPECT_EQ(principal.value.user_id, id);
  EXPECT_EQ(principal.value.expires_at_s, clock.unix_seconds() + 60);
  EXPECT_EQ(wait_for<Fault>([&](auto done) { accounts->logout(principal.value.sid, done); }),
            Fault::kNone);
  EXPECT_EQ(who(*token).fault, Fault::kTokenInvalid);
  const std::string longer = *accounts->issue_token(id, 0);
  EXPECT_EQ(who(longer).value.expires_at_s, clock.unix_seconds() + 3600);
  clock.advance_ms(3'600'000);
  EXPECT_EQ(who(longer).fault, Fault::kTokenExpired);
  EXPECT_EQ(accounts->issue_token("x", 0).code(), Code::kNotFound);
  EXPECT_EQ(accounts->issue_token(id, -1).code(), Code::kInvalid);
  EXPECT_EQ(accounts->issue_token(id, INT64_MAX).code(), Code::kInvalid);
  ASSERT_TRUE(accounts->set_enabled(id, false).ok());
  EXPECT_EQ(accounts->issue_token(id, 0).code(), Code::kDenied);
}

// Shows: R21 R32
TEST_F(HostAccountsTest, LoginsAreListedAndEnded) {
  const Grant first = sign_up("ada").value;
  clock.advance_ms(1000);
  const Grant second = log_in("ada@example.com").value;
  const auto logins = accounts->list_logins(first.user.id);
  ASSERT_TRUE(logins.ok()) << logins.message();
  ASSERT_EQ(logins->size(), 2U);
  EXPECT_EQ((*logins)[0].sid, first.sid);
  EXPECT_EQ((*logins)[1].sid, second.sid);
  EXPECT_LT((*logins)[0].created_at_ms, (*logins)[1].created_at_ms);
  EXPECT_TRUE(accounts->end_login(first.sid).ok());
  EXPECT_EQ(take_revoked(), std::vector<std::string>{first.sid});
  EXPECT_EQ(who(first.access_token).fault, Fault::kTokenInvalid);
  EXPECT_EQ(renew(first.refresh_token).fault, Fault::kTokenInvalid);
  EXPECT_TRUE(who(second.access_token).ok());
  EXPECT_EQ(accounts->list_logins(first.user.id)->size(), 1U);
  EXPECT_TRUE(accounts->end_login(first.sid).ok()) << "it stays ended";
  EXPECT_TRUE(take_revoked().empty());
  EXPECT_EQ(accounts->end_login("nobody").code(), Code::kNotFound);
  EXPECT_TRUE(accounts->list_logins("nobody")->empty());
}

}  // namespace
}  // namespace securechat::auth
