#include "server/accounts_runtime.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <future>
#include <string>
#include <vector>

namespace securechat::server {
namespace {

constexpr const char* kPepper = "pepper-0123456789-abcdefghijklmnop";

class AccountsRuntimeTest : public ::testing::Test {
 protected:
  AccountsRuntimeTest() {
    std::string name = (std::filesystem::temp_directory_path() / "securechat-XXXXXX").string();
    folder = mkdtemp(name.data());
    for (const auto& [key, value] :
         {std::pair("auth.jwt_secret", "access-key-0123456789-abcdefghijklmnop"),
          std::pair("auth.refresh_secret", "refresh-key-0123456789-abcdefghijklmno"),
          std::pair("auth.bcrypt_cost", "4"), std::pair("auth.allow_weak_hash", "true")}) {
      EXPECT_TRUE(config.set(key, value).ok());
    }
    EXPECT_TRUE(config.set("db.path", (folder / "chat.db").string()).ok());
  }
  ~AccountsRuntimeTest() override { std::filesystem::remove_all(folder); }

  Result<std::unique_ptr<AccountsRuntime>> open() {
    const Result<Settings> settings = Settings::from(config);
    if (!settings.ok()) return settings.status();
    return AccountsRuntime::open(*settings, nullptr, clock, log);
  }
  static bool logs_in(AccountsRuntime& runtime, const std::string& password) {
    auto answer = std::make_shared<std::promise<bool>>();
    runtime.accounts().login(
        {"ada@example.com", Secret(password)},
        [answer](const auth::Outcome<auth::Grant>& outcome) { answer->set_value(outcome.ok()); });
    return answer->get_future().get();
  }

  std::filesystem::path folder;
  Config config;
  SystemClock clock;
  Logger log{clock, LogFormat::kText, LogLevel::kError};
};

// Shows: R25
TEST_F(AccountsRuntimeTest, APepperCannotBeLostUnnoticed) {
  const std::string longest = "Aa1" + std::string(1021, 'x');
  ASSERT_TRUE(config.set("auth.pepper", kPepper).ok());
  {
    auto runtime = *open();
    ASSERT_TRUE(
        runtime->accounts().create_user("ada", "ada@example.com", Secret(longest), "").ok());
    EXPECT_TRUE(logs_in(*runtime, longest));
    EXPECT_FALSE(logs_in(*runtime, longest.substr(1)));
  }
  EXPECT_TRUE(open().ok());
  for (const auto& [pepper, text] :
       {std::pair("", "auth.pepper is missing"),
        std::pair("another-pepper-0123456789-abcdefgh", "auth.pepper is another one")}) {
    ASSERT_TRUE(config.set("auth.pepper", pepper).ok());
    const Status refused = open().status();
    EXPECT_EQ(refused.code(), Code::kInvalid);
    EXPECT_NE(refused.message().find(text), std::string::npos) << refused.message();
    EXPECT_EQ(refused.message().find(kPepper), std::string::npos);
  }
  ASSERT_TRUE(config.set("auth.allow_lost_pepper", "true").ok());
  const auto runtime = *open();
  EXPECT_FALSE(logs_in(*runtime, longest)) << "it matches nothing";
}

TEST_F(AccountsRuntimeTest, APepperIsASecretOfItsOwn) {
  for (const char* pepper :
       {"short", "access-key-0123456789-abcdefghijklmnop", "refresh-key-0123456789-abcdefghijklmno",
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"}) {
    ASSERT_TRUE(config.set("auth.pepper", pepper).ok());
    const Status refused = config.validate();
    EXPECT_EQ(refused.code(), Code::kInvalid) << pepper;
    EXPECT_NE(refused.message().find("auth.pepper"), std::string::npos) << refused.message();
  }
}

// Shows: R43 R94
TEST_F(AccountsRuntimeTest, NamesThatAreSharedAlreadyStayAndAreTaken) {
  const auto create = [](AccountsRuntime& runtime, const char* name, const char* email) {
    return runtime.accounts().create_user(name, email, Secret("Passw0rd"), "").code();
  };
  {
    auto runtime = *open();
    for (const auto& [name, email] :
         {std::pair("Ada", "ada1@example.com"), std::pair("aDA", "ada2@example.com"),
          std::pair("Ada", "ada3@example.com")}) {
      ASSERT_EQ(create(*runtime, name, email), Code::kOk);
    }
  }
  ASSERT_TRUE(config.set("auth.unique_usernames", "true").ok());
  for (int start = 0; start < 2; ++start) {
    auto runtime = *open();
    EXPECT_EQ(runtime->accounts().list_users()->size(), 3U);
    EXPECT_EQ(create(*runtime, "ADA", "ada4@example.com"), Code::kExists);
  }
  {
    // The first one had the name; when he goes, a start gives it to the next.
    auto runtime = *open();
    ASSERT_TRUE(runtime->accounts()
                    .remove_user(runtime->accounts().find_user("ada1@example.com")->id)
                    .ok());
  }
  {
    auto runtime = *open();
    EXPECT_EQ(create(*runtime, "ADA", "ada4@example.com"), Code::kExists);
  }
  ASSERT_TRUE(config.set("auth.unique_usernames", "false").ok());
  auto runtime = *open();
  EXPECT_EQ(create(*runtime, "ADA", "ada4@example.com"), Code::kOk);
}

// Shows: R43
TEST_F(AccountsRuntimeTest, NamesFromBeforeTheRulesKeepNobodyOut) {
  {
    auto runtime = *open();
    ASSERT_TRUE(runtime->database()
                    .write_and_wait([](storage::Stores& stores) {
                      storage::User user;
                      for (const auto& [id, name] :
                           {std::pair("id1", "\xE3\x85\xA4"), std::pair("id2", "\xCD\x8F"),
                            std::pair("id3", "ada ")}) {
                        user.id = user.email = user.email_key = id;
                        user.username = name;
                        if (Status stored = stores.users.insert(user); !stored.ok()) return stored;
                      }
                      return Status();
                    })
                    .ok());
  }
  ASSERT_TRUE(config.set("auth.unique_usernames", "true").ok());
  auto runtime = *open();
  const auto users = *runtime->accounts().list_users();
  ASSERT_EQ(users.size(), 3U);
  EXPECT_EQ(users[0].claimed_name, "") << "it shows nothing: nobody's";
  EXPECT_EQ(users[1].claimed_name, "");
  EXPECT_EQ(users[2].claimed_name, "ada");
  EXPECT_EQ(runtime->accounts().find_user("ada ")->id, "id3") << "as it was stored";
}

// Shows: R27 S17
TEST_F(AccountsRuntimeTest, AnotherCostDoesNotTellWhoHasAnAccount) {
  const auto price_of = [](AccountsRuntime& runtime, const char* email) {
    const std::uint64_t before = runtime.hasher().rounds();
    auto answer = std::make_shared<std::promise<bool>>();
    runtime.accounts().login(
        {email, Secret("Wrong0000")},
        [answer](const auth::Outcome<auth::Grant>& outcome) { answer->set_value(outcome.ok()); });
    EXPECT_FALSE(answer->get_future().get());
    return runtime.hasher().rounds() - before;
  };
  const auto create = [](AccountsRuntime& runtime, const char* name) {
    return runtime.accounts().create_user(name, std::string(name) + "@example.com",
                                          Secret("Passw0rd"), "");
  };
  const auto disable = [](AccountsRuntime& runtime, const char* email) {
    const std::string id = runtime.accounts().find_user(email)->id;
    ASSERT_TRUE(runtime.accounts().set_enabled(id, false).ok());
  };
  std::vector<std::string> warnings;
  log.set_level(LogLevel::kWarn);
  log.set_sink([&warnings](LogLevel, std::string_view line) { warnings.emplace_back(line); });
  ASSERT_TRUE(config.set("auth.bcrypt_cost", "5").ok());
  ASSERT_TRUE(create(**open(), "ada").ok());
  for (const char* cost : {"7", "6", "4"}) {
    ASSERT_TRUE(config.set("auth.bcrypt_cost", cost).ok());
    warnings.clear();
    auto runtime = *open();
    const std::string name = std::string("user") + cost;
    ASSERT_TRUE(create(*runtime, name.c_str()).ok());
    ASSERT_TRUE(create(*runtime, (name + "off").c_str()).ok());
    disable(*runtime, (name + "off@example.com").c_str());
    for (const std::string& email : {std::string("ada@example.com"), name + "@example.com",
                                     name + "off@example.com", std::string("no@example.com")}) {
      EXPECT_EQ(price_of(*runtime, email.c_str()), 128U) << cost << email;
    }
    EXPECT_EQ(warnings.size(), cost[0] == '7' ? 0U : 1U);
  }
  ASSERT_EQ(warnings.size(), 1U);
  EXPECT_NE(warnings[0].find("cost 7"), std::string::npos) << warnings[0];
}

TEST_F(AccountsRuntimeTest, OptionsReachTheRules) {
  Settings settings = *Settings::from(config);
  EXPECT_EQ(settings.accounts.passwords.policy, auth::PasswordPolicy::kTutorial);
  EXPECT_EQ(settings.accounts.passwords.max_bytes, 72U);
  EXPECT_EQ(settings.accounts.throttle.account_failures, 5);
  EXPECT_EQ(settings.accounts.throttle.address_failures, 5);
  ASSERT_TRUE(config.set("auth.password_policy", "modern").ok());
  ASSERT_TRUE(config.set("auth.pepper", kPepper).ok());
  ASSERT_TRUE(config.set("limits.auth_attempts", "50").ok());
  settings = *Settings::from(config);
  EXPECT_EQ(settings.accounts.passwords.policy, auth::PasswordPolicy::kModern);
  EXPECT_EQ(settings.accounts.passwords.max_bytes, 1024U);
  EXPECT_EQ(settings.accounts.throttle.address_failures, 50) << "as often as it may try";
  ASSERT_TRUE(config.set("limits.login_failures", "0").ok());
  settings = *Settings::from(config);
  EXPECT_EQ(settings.accounts.throttle.address_failures, 0);
}

}  // namespace
}  // namespace securechat::server
