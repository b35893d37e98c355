#include "auth/accounts.h"

#include <thread>

#include "auth_fixture.h"

namespace securechat::auth {
namespace {

using AccountsTest = AuthTest;

TEST_F(AccountsTest, RegisterGivesAWholeGrant) {
  const Outcome<Grant> outcome = wait_for<Outcome<Grant>>([&](auto done) {
    accounts->register_user("Ada", "  Ada@Example.com ", Secret(kPassword), done);
  });
  ASSERT_TRUE(outcome.ok());
  const Grant& grant = outcome.value;
  EXPECT_EQ(grant.user.id.size(), 32U);
  EXPECT_EQ(grant.user.username, "Ada");
  EXPECT_EQ(grant.user.email, "Ada@Example.com");
  EXPECT_EQ(grant.user.role, "user");
  EXPECT_TRUE(grant.user.password_hash.empty());
  EXPECT_EQ(grant.expires_in_s, 3600);
  EXPECT_EQ(grant.sid.size(), 32U);
  EXPECT_TRUE(accounts->csrf_ok(grant.sid, grant.csrf_token));
  const Outcome<Principal> principal = who(grant.access_token);
  ASSERT_TRUE(principal.ok());
  EXPECT_EQ(principal.value.user_id, grant.user.id);
  EXPECT_EQ(principal.value.sid, grant.sid);
  EXPECT_EQ(principal.value.expires_at_s, clock.unix_seconds() + 3600);
  EXPECT_NE(principal.value.claims.find("token_use"), std::string::npos);
}

// Shows: R29
TEST_F(AccountsTest, RulesComeInOrderAndBeforeTheHash) {
  struct Row {
    const char* username;
    const char* email;
    const char* password;
    Fault fault;
  };
  for (const Row& row :
       {Row{"", "no", "x", Fault::kInvalidEmail}, Row{"", "a@b.co", "x", Fault::kPasswordTooShort},
        Row{"", "a@b.co", "abcdefgh", Fault::kPasswordNeedsCase},
        Row{"", "a@b.co", "Abcdefgh", Fault::kPasswordNeedsNumber},
        Row{"", "a@b.co", "Passw0rd", Fault::kInvalidUsername}}) {
    const Outcome<Grant> outcome = wait_for<Outcome<Grant>>([&](auto done) {
      accounts->register_user(row.username, row.email, Secret(row.password), done);
    });
    EXPECT_EQ(outcome.fault, row.fault) << row.email << row.password;
  }
  EXPECT_EQ(hasher.hashes, 0);
}

// Shows: R27 S17
TEST_F(AccountsTest, ATakenEmailStillCostsAHash) {
  ASSERT_TRUE(sign_up("ada").ok());
  const Outcome<Grant> twice = wait_for<Outcome<Grant>>([&](auto done) {
    accounts->register_user("other", " ADA@example.com", Secret(kPassword), done);
  });
  EXPECT_EQ(twice.fault, Fault::kEmailExists);
  EXPECT_EQ(hasher.hashes, 2);
}

// Shows: R43
TEST_F(AccountsTest, AUsernameIsStoredInOneSpelling) {
  const auto sign_up_as = [this](const std::string& name, const std::string& email) {
    return wait_for<Outcome<Grant>>(
        [&](auto done) { accounts->register_user(name, email, Secret(kPassword), done); });
  };
  EXPECT_EQ(sign_up_as("Zoe\xCC\x88", "zoe@example.com").value.user.username, "Zo\xC3\xAB");
  EXPECT_EQ(sign_up_as("\xE1\xBF\xAF", "x@example.com").fault, Fault::kInvalidUsername)
      << "a backtick in another spelling";
  EXPECT_TRUE(sign_up_as("ZOE\xCC\x88", "other@example.com").ok()) << "names may be shared";
  EXPECT_EQ(accounts->find_user("Zoe\xCC\x88")->email, "zoe@example.com");
  EXPECT_EQ(sign_up_as("  Eve\xC2\xA0", "eve@example.com").value.user.username, "Eve");
  EXPECT_EQ(accounts->find_user(" Eve ")->email, "eve@example.com");
  for (const char* name : {"  ", "\xE2\xA0\x80", "\xE3\x85\xA4", "Eve\n"}) {
    EXPECT_EQ(sign_up_as(name, "nothing@example.com").fault, Fault::kInvalidUsername) << name;
    EXPECT_EQ(accounts->create_user(name, "nothing@example.com", Secret(kPassword), "").code(),
              Code::kInvalid);
  }
  EXPECT_EQ(
      accounts->create_user("Ame\xCC\x81lie", "a@example.com", Secret(kPassword), "")->username,
      "Am\xC3\xA9lie");
}

// Shows: S17
TEST_F(AccountsTest, ARegistrationThatTellsNothing) {
  AccountOptions options;
  options.enumeration_safe = true;
  create(options);
  const Outcome<Grant> fresh = sign_up("ada");
  const Outcome<Grant> again = sign_up("ada");
  for (const Outcome<Grant>& outcome : {fresh, again}) {
    EXPECT_EQ(outcome.fault, Fault::kRegistrationPending);
    EXPECT_EQ(outcome.value.access_token, "");
    EXPECT_EQ(outcome.value.refresh_token, "");
    EXPECT_EQ(outcome.value.user.email, "ada@example.com");
    EXPECT_EQ(outcome.value.user.password_hash, "");
  }
  EXPECT_EQ(fresh.value.registered, Registered::kPending);
  EXPECT_EQ(again.value.registered, Registered::kPending) << "nobody has shown that it is his";
  EXPECT_EQ(hasher.hashes, 2) << "at the same price";
  EXPECT_EQ(log_in("ada@example.com").fault, Fault::kInvalidCredentials) << "as a wrong password";
  ASSERT_TRUE(accounts->set_enabled(again.value.user.id, true).ok());
  EXPECT_TRUE(log_in("ada@example.com").ok());
  const Outcome<Grant> taken = sign_up("ada");
  EXPECT_EQ(taken.value.registered, Registered::kEnabled);
  EXPECT_EQ(taken.value.user.id, again.value.user.id);
  EXPECT_EQ(hasher.hashes, 3) << "at the same price";
  EXPECT_TRUE(log_in("ada@example.com").ok()) << "who is there stays as he is";
  ASSERT_TRUE(accounts->set_enabled(again.value.user.id, false).ok());
  const Outcome<Grant> locked = sign_up("ada");
  EXPECT_EQ(locked.value.registered, Registered::kDisabled) << "by the host: not pending";
  EXPECT_EQ(locked.value.user.id, again.value.user.id);
  EXPECT_EQ(accounts->list_users()->size(), 1U);
}

// An attacker registers the address of somebody else first, and again behind her.
// Shows: S17 R93
TEST_F(AccountsTest, WhoRegistersAnAddressThatIsNotHisGetsNoAccount) {
  AccountOptions options;
  options.enumeration_safe = true;
  create(options);
  const auto sign_up_as = [this](const char* name, const char* password) {
    return wait_for<Outcome<Grant>>([&](auto done) {
             accounts->register_user(name, " ADA@example.com", Secret(password), done);
           })
        .value;
  };
  const Grant before = sign_up_as("Eve", "Attacker1");
  ASSERT_TRUE(accounts->set_role(before.user.id, "admin").ok());
  const Grant ada = sign_up_as("Ada", kPassword);
  EXPECT_EQ(ada.registered, Registered::kPending);
  EXPECT_EQ(ada.user.username, "Ada");
  EXPECT_NE(ada.user.id, before.user.id);
  EXPECT_EQ(accounts->list_users()->size(), 1U);
  EXPECT_EQ(accounts->set_enabled(before.user.id, true).code(), Code::kNotFound)
      << "the link of the first mail enables nothing";
  ASSERT_TRUE(accounts->set_enabled(ada.user.id, true).ok());
  EXPECT_EQ(log_in("ada@example.com", "Attacker1").fault, Fault::kInvalidCredentials);
  EXPECT_EQ(log_in("ada@example.com").value.user.username, "Ada");
  EXPECT_EQ(accounts->find_user("ada@example.com")->role, "user") << "nothing of his is left";

  ASSERT_TRUE(accounts->remove_user(ada.user.id).ok());
  const Grant first = sign_up_as("Ada", kPassword);
  const Grant behind = sign_up_as("Eve", "Attacker1");
  EXPECT_EQ(accounts->set_enabled(first.user.id, true).code(), Code::kNotFound)
      << "her link does not enable his password";
  EXPECT_TRUE(accounts->find_user(behind.user.id)->pending);
  EXPECT_FALSE(accounts->find_user(behind.user.id)->enabled);
}

// Shows: R93
TEST_F(AccountsTest, APendingAddressIsFreeWhenTheOptionIsTurnedOff) {
  AccountOptions options;
  options.enumeration_safe = true;
  create(options);
  ASSERT_EQ(sign_up("ada").fault, Fault::kRegistrationPending);
  options.enumeration_safe = false;
  options.unique_usernames = true;
  create(options);
  ASSERT_TRUE(sign_up("bob").ok());
  const auto sign_up_as = [this](const char* name) {
    return wait_for<Outcome<Grant>>([&](auto done) {
      accounts->register_user(name, "ada@example.com", Secret(kPassword), done);
    });
  };
  EXPECT_EQ(sign_up_as("Bob").fault, Fault::kUsernameExists);
  EXPECT_TRUE(accounts->find_user("ada@example.com")->pending) << "undone as a whole";
  const Outcome<Grant> ada = sign_up_as("Ada");
  ASSERT_TRUE(ada.ok());
  EXPECT_TRUE(who(ada.value.access_token).ok());
  EXPECT_EQ(sign_up_as("Ada").fault, Fault::kEmailExists);
}

// Shows: R28 S17
TEST_F(AccountsTest, NorDoFailedLoginsTellAfterIt) {
  AccountOptions options;
  options.enumeration_safe = true;
  create(options);
  for (const char* email : {"new@example.com", "new@example.com"}) {
    for (int i = 0; i < 5; ++i) {
      (void)log_in(email, "Wrong0000");
    }
    EXPECT_EQ(sign_up("new").fault, Fault::kRegistrationPending);
    EXPECT_EQ(log_in(email).fault, Fault::kLoginThrottled) << "before and after alike";
  }
}

// Shows: R43
TEST_F(AccountsTest, UniqueUsernames) {
  ASSERT_TRUE(sign_up("ada").ok());  // Before the option was turned on.
  AccountOptions options;
  options.unique_usernames = true;
  create(options);
  const auto sign_up_as = [this](const std::string& name, const std::string& email) {
    return wait_for<Outcome<Grant>>(
               [&](auto done) { accounts->register_user(name, email, Secret(kPassword), done); })
        .fault;
  };
  EXPECT_EQ(sign_up_as("Strasse", "one@example.com"), Fault::kNone);
  for (const char* name : {"Strasse", "STRASSE",
                           "stra\xC3\x9F"
                           "e",
                           "\xEF\xBC\xB3trasse", " strasse", "strasse  ", "Strasse\xE2\xA0\x80"}) {
    EXPECT_EQ(sign_up_as(name, "two@example.com"), Fault::kUsernameExists) << name;
    EXPECT_EQ(sign_up_as(name, "one@example.com"), Fault::kEmailExists) << "told first";
    EXPECT_EQ(accounts->create_user(name, "three@example.com", Secret(kPassword), "").code(),
              Code::kExists);
  }
  EXPECT_EQ(sign_up_as("Strasse 2", "two@example.com"), Fault::kNone);
  ASSERT_TRUE(accounts->remove_user(accounts->find_user("one@example.com")->id).ok());
  EXPECT_EQ(sign_up_as("STRASSE", "four@example.com"), Fault::kNone) << "it is free again";
}

// Shows: R43 R93
TEST_F(AccountsTest, ParallelRegistrationsOfOneNameMakeOneAccount) {
  AccountOptions options;
  options.unique_usernames = true;
  create(options);
  std::vector<std::thread> threads;
  std::vector<Fault> faults(20);
  for (std::size_t i = 0; i < faults.size(); ++i) {
    threads.emplace_back([this, &faults, i] {
      faults[i] =
          wait_for<Outcome<Grant>>([&](auto done) {
            accounts->register_user(i % 2 == 0 ? "Ada" : "aDA", std::to_string(i) + "@example.com",
                                    Secret(kPassword), done);
          }).fault;
    });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  EXPECT_EQ(std::count(faults.begin(), faults.end(), Fault::kNone), 1);
  EXPECT_EQ(std::count(faults.begin(), faults.end(), Fault::kUsernameExists), 19);
}

// Shows: R93 S18
TEST_F(AccountsTest, ParallelRegistrationsMakeOneAccount) {
  std::vector<std::thread> threads;
  std::vector<Fault> faults(20);
  for (Fault& fault : faults) {
    threads.emplace_back([this, &fault] { fault = sign_up("ada").fault; });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  EXPECT_EQ(std::count(faults.begin(), faults.end(), Fault::kNone), 1);
  EXPECT_EQ(std::count(faults.begin(), faults.end(), Fault::kEmailExists), 19);
  EXPECT_EQ(accounts->list_users()->size(), 1U);
}

// Shows: R32 S43
TEST_F(AccountsTest, TwoLoginsInOneSecondDiffer) {
  ASSERT_TRUE(sign_up("ada").ok());
  const Grant one = log_in(" ADA@Example.com ").value;
  const Grant two = log_in("ada@example.com").value;
  EXPECT_NE(one.access_token, two.access_token);
  EXPECT_NE(one.refresh_token, two.refresh_token);
  EXPECT_NE(one.sid, two.sid);
}

// Shows: R27 S17 S21
TEST_F(AccountsTest, EveryFailedLoginCostsOneBcrypt) {
  const Grant grant = sign_up("ada").value;
  ASSERT_TRUE(sign_up("off").ok());
  ASSERT_TRUE(accounts->set_enabled(accounts->find_user("off")->id, false).ok());
  struct Row {
    std::string email;
    std::string password;
  };
  for (const Row& row :
       {Row{"ada@example.com", "Wrong0000"}, Row{"nobody@example.com", kPassword}, Row{"", ""},
        Row{"no", kPassword}, Row{"ada@example.com", ""},
        Row{"ada@example.com", std::string(5000, 'x')},
        Row{"ada@example.com", std::string("Passw0rd\0", 9)},
        Row{std::string(100'000, 'a'), kPassword}, Row{"off@example.com", kPassword}}) {
    const int before = hasher.verifies;
    EXPECT_EQ(log_in(row.email, row.password).fault, Fault::kInvalidCredentials);
    EXPECT_EQ(hasher.verifies - before, 1) << row.email.substr(0, 40);
  }
  EXPECT_EQ(hasher.dummies, 5) << "a disabled account is looked at as an unknown one";
}

// Shows: R24
TEST_F(AccountsTest, AnOutdatedHashIsRenewedAfterLogin) {
  ASSERT_TRUE(sign_up("ada").ok());
  hasher.mark = "stronger:";
  ASSERT_EQ(log_in("ada@example.com", "Wrong0000").fault, Fault::kInvalidCredentials);
  EXPECT_EQ(hasher.hashes, 1) << "a wrong password renews nothing";
  ASSERT_TRUE(log_in("ada@example.com").ok());
  ASSERT_TRUE(log_in("ada@example.com").ok());
  std::string stored;
  for (int i = 0; i < 100 && !stored.starts_with("stronger:"); ++i) {
    ASSERT_TRUE(real_database
                    ->read_and_wait([&](storage::Stores& stores) {
                      stored = (*stores.users.find_by_email("ada@example.com"))->password_hash;
                      return Status();
                    })
                    .ok());
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  EXPECT_EQ(stored, "stronger:Passw0rd");
}

// Shows: R32 R93
TEST_F(AccountsTest, AnAccountThatChangesDuringTheLoginGetsNoSession) {
  const Grant grant = sign_up("ada").value;
  // Runs on the storage thread, between the check of the password and the session: the change is
  // queued first.
  hasher.before_answer = [&] {
    ASSERT_TRUE(real_database
                    ->write(
                        [&](storage::Stores& stores) {
                          return stores.users.set_password_hash(grant.user.id, "fake:Other0000");
                        },
                        [](const Status&) {})
                    .ok());
  };
  EXPECT_EQ(log_in("ada@example.com").fault, Fault::kInvalidCredentials);
}

TEST_F(AccountsTest, ARenewedHashMeanwhileIsStillTheSamePassword) {
  const Grant grant = sign_up("ada").value;
  hasher.before_answer = [&] {
    ASSERT_TRUE(real_database
                    ->write(
                        [&](storage::Stores& stores) {
                          return stores.users.set_password_hash(grant.user.id, "renewed:Passw0rd");
                        },
                        [](const Status&) {})
                    .ok());
  };
  EXPECT_TRUE(log_in("ada@example.com").ok());
  EXPECT_EQ(hasher.verifies, 2);
}

// Shows: R30
TEST_F(AccountsTest, PasswordChange) {
  const Grant mine = sign_up("ada").value;
  const Grant other = log_in("ada@example.com").value;
  EXPECT_EQ(change(mine, "Wrong0000", "Passw0rd2"), Fault::kInvalidCredentials);
  EXPECT_EQ(change(mine, kPassword, "short"), Fault::kPasswordTooShort);
  EXPECT_TRUE(who(other.access_token).ok());
  EXPECT_EQ(change(mine, kPassword, "Passw0rd2"), Fault::kNone);
  EXPECT_EQ(take_revoked(), std::vector<std::string>{other.sid});
  EXPECT_EQ(who(other.access_token).fault, Fault::kTokenInvalid);
  EXPECT_TRUE(who(mine.access_token).ok());
  EXPECT_EQ(log_in("ada@example.com").fault, Fault::kInvalidCredentials);
  EXPECT_TRUE(log_in("ada@example.com", "Passw0rd2").ok());
}

// A login renews the hash of the same password while a change is under way: the change looks at the
// account once more, and stores what it was asked for.
TEST_F(AccountsTest, APasswordChangeOutlivesARenewedHash) {
  const Grant grant = sign_up("ada").value;
  hasher.before_answer = [&] {
    ASSERT_TRUE(real_database
                    ->write(
                        [&](storage::Stores& stores) {
                          return stores.users.set_password_hash(grant.user.id, "renewed:Passw0rd");
                        },
                        [](const Status&) {})
                    .ok());
  };
  EXPECT_EQ(change(grant, kPassword, "Passw0rd2"), Fault::kNone);
  EXPECT_EQ(hasher.verifies, 2);
  EXPECT_TRUE(log_in("ada@example.com", "Passw0rd2").ok());
  EXPECT_EQ(log_in("ada@example.com", "").fault, Fault::kInvalidCredentials);
}

// Shows: R20 R55 S44
TEST_F(AccountsTest, PrincipalsCarryWhatTheUserIsCalledNow) {
  const Grant grant = sign_up("ada").value;
  ASSERT_TRUE(accounts->set_role(grant.user.id, "moderator").ok());
  EXPECT_EQ(who(grant.access_token).value.role, "moderator");
  EXPECT_EQ(who("").fault, Fault::kNoToken);
  EXPECT_EQ(who("x").fault, Fault::kTokenInvalid);
  EXPECT_EQ(accounts->verify("").fault, Fault::kNoToken);
  EXPECT_EQ(accounts->verify(grant.access_token).claims.user_id, grant.user.id);
  // A session proves its own user only, even under a good signature.
  Claims mixed = accounts->verify(grant.access_token).claims;
  mixed.user_id = sign_up("bob").value.user.id;
  const std::string forged =
      *keyring->tokens->issue(TokenUse::kAccess, mixed, clock.unix_seconds());
  EXPECT_EQ(who(forged).fault, Fault::kTokenInvalid);
  clock.advance_ms(3'600'000);
  EXPECT_EQ(who(grant.access_token).fault, Fault::kTokenExpired);
}

// Shows: R21 R32 S16
TEST_F(AccountsTest, LogoutEndsOneOrAll) {
  const Grant one = sign_up("ada").value;
  const Grant two = log_in("ada@example.com").value;
  const Grant stranger = sign_up("bob").value;
  const auto logout = [&](const std::string& sid) {
    return wait_for<Fault>([&](auto done) { accounts->logout(sid, done); });
  };
  EXPECT_EQ(logout("nothing"), Fault::kUnauthorized);
  EXPECT_EQ(logout(one.sid), Fault::kNone);
  EXPECT_EQ(take_revoked(), std::vector<std::string>{one.sid});
  EXPECT_EQ(who(one.access_token).fault, Fault::kTokenInvalid);
  EXPECT_TRUE(who(two.access_token).ok());
  EXPECT_EQ(wait_for<Fault>([&](auto done) { accounts->logout_all(one.user.id, done); }),
            Fault::kNone);
  EXPECT_EQ(take_revoked(), std::vector<std::string>{two.sid});
  EXPECT_TRUE(who(stranger.access_token).ok());
}

}  // namespace
}  // namespace securechat::auth
