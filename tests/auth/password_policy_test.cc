#include "auth/password_policy.h"

#include <string>
#include <vector>

#include "auth_fixture.h"

namespace securechat::auth {
namespace {

using namespace std::string_literals;

// Shows: R26 S22
TEST(PasswordPolicy, CommonPasswordsAreFound) {
  for (const char* word : {"123456", "password", "qwerty", "dragon", "0.0.0.000", "monkey",
                           "letmein", "zxcvbnm", "q1w2e3r4t5y6u7i8o9p0"}) {
    EXPECT_TRUE(is_common_password(word)) << word;
  }
  for (const char* word : {"", " ", "123456 password", "passwo", "asswor", "Password", "\xff",
                           "correct horse", "~", "zzzzzzzzzzzzzzzzzzzzzzz"}) {
    EXPECT_FALSE(is_common_password(word)) << word;
  }
}

// Shows: R26 S22
TEST(PasswordPolicy, Modern) {
  const PasswordRules rules{PasswordPolicy::kModern, 72};
  const PasswordOwner owner{"Grace", " Hopper1906@Example.com "};
  const std::vector<std::pair<std::string, Fault>> table{
      {"", Fault::kPasswordUnder15},
      {"Passw0rd", Fault::kPasswordUnder15},
      {"correct horse!", Fault::kPasswordUnder15},
      {"correct horse b", Fault::kNone},
      {"correct horse battery staple", Fault::kNone},
      {"nuqneh tlhingan", Fault::kNone},
      {"\u043f\u0430\u0440\u043e\u043b\u044c \u043d\u0430 \u0440\u0430\u0437\u0436\u0438",
       Fault::kNone},
      // Fourteen and fifteen code points, whatever their bytes.
      {"\U0001F600\U0001F601\U0001F602\U0001F603\U0001F604\U0001F605\U0001F606"
       "\U0001F607\U0001F608\U0001F609\U0001F60A\U0001F60B\U0001F60C\U0001F60D",
       Fault::kPasswordUnder15},
      {"\U0001F600\U0001F601\U0001F602\U0001F603\U0001F604\U0001F605\U0001F606"
       "\U0001F607\U0001F608\U0001F609\U0001F60A\U0001F60B\U0001F60C\U0001F60Dx",
       Fault::kNone},
      {"PasswordPassword", Fault::kPasswordCommon},
      {"Password12345678", Fault::kPasswordCommon},
      {"!!!!!!sunshine!!!!!!", Fault::kPasswordCommon},
      {"PolniyPizdec0211", Fault::kPasswordCommon},
      {"aaaaaaaaaaaaaaaa", Fault::kPasswordCommon},
      {"abcabcabcabcabcabc", Fault::kPasswordCommon},
      {"123456789012345", Fault::kPasswordCommon},
      {"abcdefghijklmnopq", Fault::kPasswordCommon},
      {"qwertyuiopasdfgh", Fault::kPasswordCommon},
      {"zyxwvutsrqponmlk", Fault::kPasswordCommon},
      {"GRACE-grace-grace", Fault::kPasswordCommon},  // A pattern of six.
      {"grace hopper1906", Fault::kPasswordNamesOwner},
      {"HOPPER1906 2026!", Fault::kPasswordNamesOwner},
      {"SecureChat-2026x", Fault::kPasswordNamesOwner},
      {"grace wrote a compiler", Fault::kNone},
      {"correct horse b\0"s, Fault::kPasswordInvalid},
      {"correct horse battery staple" + std::string(50, 'x'), Fault::kPasswordTooLong},
  };
  for (const auto& [password, fault] : table) {
    EXPECT_EQ(check_password(rules, password, owner), fault) << password;
  }
  EXPECT_EQ(check_password(rules, "correct horse battery", {"e", "e@e.de"}), Fault::kNone)
      << "a name of one letter is no name";
}

// Shows: R26
TEST(PasswordPolicy, AskedAtEveryNewPasswordAndAtNoOld) {
  struct Policy : AuthTest {
    void TestBody() override {}
    void run() {
      SetUp();
      const Grant old = sign_up("ada").value;
      AccountOptions options;
      options.passwords.policy = PasswordPolicy::kModern;
      create(options);
      EXPECT_TRUE(log_in("ada@example.com").ok()) << "it was accepted once";
      EXPECT_EQ(sign_up("bob").fault, Fault::kPasswordUnder15);
      EXPECT_EQ(change(old, kPassword, "Passw0rd2"), Fault::kPasswordUnder15);
      EXPECT_EQ(change(old, kPassword, "ada@example.com"), Fault::kPasswordNamesOwner);
      EXPECT_EQ(change(old, kPassword, "correct horse battery"), Fault::kNone);
      EXPECT_EQ(accounts->set_password(old.user.id, Secret("password12345678")).code(),
                Code::kInvalid);
      EXPECT_EQ(accounts->create_user("x", "x@example.com", Secret(kPassword), "").code(),
                Code::kInvalid);
      TearDown();
    }
  };
  Policy().run();
}

}  // namespace
}  // namespace securechat::auth
