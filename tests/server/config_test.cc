#include "server/config.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>
#include <string_view>

namespace securechat::server {
namespace {

using ::testing::Test;

constexpr std::string_view kOne = "0123456789abcdef0123456789abcdef";
constexpr std::string_view kTwo = "fedcba9876543210fedcba9876543210";

class ConfigTest : public Test {
 protected:
  ConfigTest() {
    std::string pattern = (std::filesystem::temp_directory_path() / "config-XXXXXX").string();
    folder_ = ::mkdtemp(pattern.data());
  }
  ~ConfigTest() override {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }

  std::string write(const std::string& name, std::string_view text, mode_t mode = 0600) {
    const std::string path = folder_ + "/" + name;
    std::ofstream(path) << text;
    ::chmod(path.c_str(), mode);
    return path;
  }
  void give_secrets() {
    ASSERT_TRUE(config_.set("auth.jwt_secret", kOne).ok());
    ASSERT_TRUE(config_.set("auth.refresh_secret", kTwo).ok());
  }
  void expect_refused(const Status& status, std::initializer_list<std::string_view> words) {
    EXPECT_EQ(status.code(), Code::kInvalid) << status.message();
    for (const std::string_view word : words) {
      EXPECT_NE(status.message().find(word), std::string::npos)
          << "\"" << word << "\" is not in: " << status.message();
    }
  }

  std::string folder_;
  Config config_;
};

TEST_F(ConfigTest, DefaultsAndTypedReads) {
  EXPECT_EQ(config_.text("listen.host"), "127.0.0.1");
  EXPECT_EQ(config_.integer("listen.port"), 3000);
  EXPECT_EQ(config_.duration_ms("limits.auth_window"), 900'000);
  EXPECT_FALSE(config_.flag("origin.strict"));
  EXPECT_TRUE(config_.flag("engine.error_data"));
  EXPECT_TRUE(config_.list("origin.allowed").empty());
  EXPECT_FALSE(config_.is_set("listen.port"));
  EXPECT_THROW((void)config_.integer("listen.host"), std::logic_error);
  EXPECT_THROW((void)config_.list("listen.host"), std::logic_error);
  EXPECT_THROW((void)config_.flag("auth.csrf"), std::logic_error);
  EXPECT_THROW((void)config_.text("no.such"), std::logic_error);
}

// Shows: S12
TEST_F(ConfigTest, ValuesAreNormalised) {
  ASSERT_TRUE(config_.set("origin.allowed", " http://a:1 ,, https://b ").ok());
  EXPECT_EQ(config_.list("origin.allowed"), (std::vector<std::string>{"http://a:1", "https://b"}));
  ASSERT_TRUE(config_.set("origin.strict", "TRUE").ok());
  EXPECT_EQ(config_.text("origin.strict"), "on");
  ASSERT_TRUE(config_.set("origin.allow_missing", "1").ok());
  EXPECT_EQ(config_.text("origin.allow_missing"), "true");
  ASSERT_TRUE(config_.set("listen.host", "localhost").ok());
  EXPECT_EQ(config_.text("listen.host"), "127.0.0.1");
  ASSERT_TRUE(config_.set("engine.path", "/io").ok());
  EXPECT_EQ(config_.text("engine.path"), "/io/");
}

TEST_F(ConfigTest, RefusedValuesNameKeyAndValueAndLeaveTheEarlierOne) {
  ASSERT_TRUE(config_.set("listen.port", "4000").ok());
  for (const char* value : {"70000", "-1", "http", "", "80x", "0x50", "1e3"}) {
    expect_refused(config_.set("listen.port", value), {"listen.port", value, "65535"});
  }
  EXPECT_EQ(config_.integer("listen.port"), 4000);
  expect_refused(config_.set("limits.mesages", "3"), {"limits.mesages", "limits.messages"});
  expect_refused(config_.set("auth.csrf", "maybe"), {"auth.csrf", "off, required"});
  expect_refused(config_.set("chat.history", ""), {"chat.history"});
  expect_refused(config_.set("auth.csrf", "off|required"), {"auth.csrf"});
  expect_refused(config_.set("proxy.trusted", "10.0.0.0/33"), {"proxy.trusted", "10.0.0.0/33"});
  expect_refused(config_.set("origin.allowed", "http://ok, *"), {"origin.allowed", "*"});
  expect_refused(config_.set("engine.path", "io"), {"engine.path", "/"});
  expect_refused(config_.set("listen.host", "example.com"), {"listen.host"});
  expect_refused(config_.set("engine.transports", "polling,smoke"), {"engine.transports", "smoke"});
  expect_refused(config_.set("chat.default_room", "a\nb"), {"chat.default_room"});
  expect_refused(config_.set("chat.default_room", "\xff"), {"chat.default_room", "UTF-8"});
}

TEST_F(ConfigTest, JsonNestedFlatAndLists) {
  ASSERT_TRUE(config_
                  .load_json(R"({"listen":{"port":4001},"limits.body":2001,"origin":{"strict":true,
                     "allowed":["http://a","http://b"]},"loop":"thread"})",
                             "a.json")
                  .ok());
  EXPECT_EQ(config_.integer("listen.port"), 4001);
  EXPECT_EQ(config_.integer("limits.body"), 2001);
  EXPECT_TRUE(config_.flag("origin.strict"));
  EXPECT_EQ(config_.list("origin.allowed").size(), 2U);
}

TEST_F(ConfigTest, JsonFaultsNameTheFileAndChangeNothing) {
  const auto refused = [this](std::string_view text,
                              std::initializer_list<std::string_view> words) {
    expect_refused(config_.load_json(text, "c.json"), words);
  };
  refused(R"({"listen":)", {"c.json"});
  refused(R"([])", {"c.json", "object"});
  refused(R"({"listen":{"port":1},"limits":{"body":1}})", {"c.json", "limits.body"});
  refused(R"({"origin":{"alowed":""}})", {"origin.alowed", "origin.allowed"});
  refused(R"({"listen":{"port":null}})", {"listen.port", "null"});
  refused(R"({"listen":{"port":1.5}})", {"listen.port"});
  refused(R"({"listen":{"port":{"x":1}}})", {"listen.port"});
  refused(R"({"listen":{"port":1},"listen.port":2})", {"listen.port", "twice"});
  refused(R"({"origin":{"allowed":["http://a,http://b"]}})", {"origin.allowed"});
  refused(R"({"listen":{"port":1},"listen":{"port":2}})", {"c.json"});
  EXPECT_FALSE(config_.is_set("listen.port"));
}

TEST_F(ConfigTest, Files) {
  ASSERT_TRUE(config_.load_file(write("a.json", R"({"listen":{"port":4002}})")).ok());
  EXPECT_EQ(config_.integer("listen.port"), 4002);
  expect_refused(config_.load_file(folder_ + "/missing.json"), {"missing.json"});
  expect_refused(config_.load_file(folder_), {folder_});
  expect_refused(config_.load_file(write("big.json", std::string(2'000'000, ' '))), {"big.json"});
}

TEST_F(ConfigTest, EnvironmentPrefixedNameWins) {
  ::setenv("PORT", "4003", 1);
  EXPECT_TRUE(config_.load_environment().ok());
  EXPECT_EQ(config_.integer("listen.port"), 4003);
  ::setenv("SECURECHAT_LISTEN_PORT", "4004", 1);
  EXPECT_TRUE(config_.load_environment().ok());
  EXPECT_EQ(config_.integer("listen.port"), 4004);
  ::setenv("SECURECHAT_LISTEN_PORT", "x", 1);
  expect_refused(config_.load_environment(), {"SECURECHAT_LISTEN_PORT", "listen.port"});
  ::unsetenv("SECURECHAT_LISTEN_PORT");
  ::unsetenv("PORT");
}

TEST_F(ConfigTest, EnvFile) {
  const std::string path =
      write(".env",
            "# a comment\n\nPORT=4005 # why\nexport JWT_SECRET='a b # c'\r\n"
            "JWT_REFRESH_SECRET=\"x\\\"y\\n\"\nNODE_ENV=production\n"
            "SECURECHAT_LIMITS_BODY = 2003\nALLOWED_ORIGINS=http://a, http://b\n");
  const Status status = config_.load_env_file(path);
  ASSERT_TRUE(status.ok()) << status.message();
  EXPECT_EQ(config_.integer("listen.port"), 4005);
  EXPECT_EQ(config_.text("auth.jwt_secret"), "a b # c");
  EXPECT_EQ(config_.text("auth.refresh_secret"), "x\"y\n");
  EXPECT_EQ(config_.integer("limits.body"), 2003);
  EXPECT_EQ(config_.list("origin.allowed").size(), 2U);
}

TEST_F(ConfigTest, EnvFilePrefixedNameWinsWhereverItStands) {
  ASSERT_TRUE(config_.load_env_file(write("e", "SECURECHAT_LISTEN_PORT=1\nPORT=2\n")).ok());
  EXPECT_EQ(config_.integer("listen.port"), 1);
}

TEST_F(ConfigTest, EnvFileFaultsNameTheLine) {
  expect_refused(config_.load_env_file(write("e", "PORT=1\nwhat is this\n")), {"e:2"});
  expect_refused(config_.load_env_file(write("e", "PORT=1\nJWT_SECRET='open\n")), {"e:2"});
  expect_refused(config_.load_env_file(write("e", "PORT=x\n")), {"e:1", "PORT", "listen.port"});
  expect_refused(config_.load_env_file(write("e", "SECURECHAT_LIMITS_MESAGES=1\n")),
                 {"e:1", "SECURECHAT_LIMITS_MESSAGES"});
  expect_refused(config_.load_env_file(folder_ + "/missing.env"), {"missing.env"});
  EXPECT_FALSE(config_.is_set("listen.port"));
}

// Shows: R15 S15
TEST_F(ConfigTest, SecretsThatAreRefused) {
  const auto refused = [this](std::string_view jwt, std::string_view refresh,
                              std::string_view option) {
    Config config;
    ASSERT_TRUE(config.set("auth.jwt_secret", jwt).ok());
    ASSERT_TRUE(config.set("auth.refresh_secret", refresh).ok());
    const Status status = config.validate();
    expect_refused(status, {option, "securechatd gen-secret"});
    EXPECT_EQ(status.message().find(kOne), std::string::npos);
  };
  refused("", "", "auth.jwt_secret");
  refused(kOne, "", "auth.refresh_secret");
  refused("", kTwo, "auth.jwt_secret");
  refused(kOne.substr(1), kTwo, "auth.jwt_secret");
  refused(kOne, "short", "auth.refresh_secret");
  refused("your-secret-key-256-bits", kTwo, "auth.jwt_secret");
  refused(kOne, "your-refresh-secret", "auth.refresh_secret");
  refused("changeme", kTwo, "auth.jwt_secret");
  refused(kOne, kOne, "auth.refresh_secret");
  refused(std::string(40, 'x'), kTwo, "auth.jwt_secret");
  refused("abcdefgabcdefgabcdefgabcdefgabcdefgabcdefg", kTwo, "auth.jwt_secret");
  expect_refused(Config().validate(), {"auth.jwt_secret", "securechatd gen-secret"});
  give_secrets();
  EXPECT_TRUE(config_.validate().ok()) << config_.validate().message();
}

TEST_F(ConfigTest, AnExternalIssuerNeedsNoSecrets) {
  ASSERT_TRUE(config_.set("auth.algorithm", "RS256").ok());
  expect_refused(config_.validate(), {"auth.public_key", "RS256"});
  ASSERT_TRUE(config_.set("auth.public_key", write("pub.pem", "x", 0644)).ok());
  EXPECT_TRUE(config_.validate().ok()) << config_.validate().message();
  ASSERT_TRUE(config_.set("auth.algorithm", "HS256").ok());
  expect_refused(config_.validate(), {"auth.algorithm"});
  ASSERT_TRUE(config_.set("auth.algorithm", "ES256").ok());
  ASSERT_TRUE(config_.set("auth.jwt_secret", "short").ok());
  expect_refused(config_.validate(), {"auth.jwt_secret"});
}

// Shows: R76
TEST_F(ConfigTest, Tls) {
  give_secrets();
  const std::string cert = write("cert.pem", "c", 0644);
  ASSERT_TRUE(config_.set("tls.cert", cert).ok());
  expect_refused(config_.validate(), {"tls.cert", "tls.key"});
  ASSERT_TRUE(config_.set("tls.key", write("key.pem", "k", 0644)).ok());
  expect_refused(config_.validate(), {"tls.key", "chmod 600"});
  ASSERT_TRUE(config_.set("tls.key", write("key.pem", "k", 0640)).ok());
  EXPECT_TRUE(config_.validate().ok()) << config_.validate().message();
  ASSERT_TRUE(config_.set("tls.cert", "/nonexistent/cert.pem").ok());
  expect_refused(config_.validate(), {"tls.cert", "/nonexistent/cert.pem"});
  ASSERT_TRUE(config_.set("tls.cert", "").ok());
  expect_refused(config_.validate(), {"tls.key", "tls.cert"});
}

TEST_F(ConfigTest, FoldersMustBeThere) {
  give_secrets();
  for (const std::string_view key : {"http.static_dir", "engine.client_dir"}) {
    ASSERT_TRUE(config_.set(key, folder_ + "/nowhere").ok());
    expect_refused(config_.validate(), {key, folder_ + "/nowhere"});
    ASSERT_TRUE(config_.set(key, write("file", "x")).ok());
    expect_refused(config_.validate(), {key, "not a folder"});
    ASSERT_TRUE(config_.set(key, folder_).ok());
    EXPECT_TRUE(config_.validate().ok()) << config_.validate().message();
  }
}

// Shows: R24
TEST_F(ConfigTest, WeakHashes) {
  give_secrets();
  ASSERT_TRUE(config_.set("auth.bcrypt_cost", "9").ok());
  expect_refused(config_.validate(), {"auth.bcrypt_cost", "auth.allow_weak_hash"});
  ASSERT_TRUE(config_.set("auth.allow_weak_hash", "true").ok());
  EXPECT_TRUE(config_.validate().ok());
}

// Shows: R5
TEST_F(ConfigTest, Warnings) {
  EXPECT_TRUE(config_.warnings().empty());
  ASSERT_TRUE(config_.set("listen.host", "127.0.0.2").ok());
  EXPECT_TRUE(config_.warnings().empty());
  ASSERT_TRUE(config_.set("listen.host", "0.0.0.0").ok());
  ASSERT_EQ(config_.warnings().size(), 1U);
  EXPECT_NE(config_.warnings()[0].find("tls.cert"), std::string::npos);
}

// Shows: R36
TEST_F(ConfigTest, CookiesNeedTls) {
  give_secrets();
  ASSERT_TRUE(config_.set("auth.cookies", "on").ok());
  EXPECT_TRUE(config_.validate().ok()) << "browsers take loopback for secure";
  ASSERT_EQ(config_.warnings().size(), 1U) << "though not all of them";
  EXPECT_NE(config_.warnings()[0].find("auth.cookies"), std::string::npos);
  ASSERT_TRUE(config_.set("listen.host", "0.0.0.0").ok());
  expect_refused(config_.validate(), {"auth.cookies", "tls.cert", "proxy.trusted"});
  Config proxied = config_;
  ASSERT_TRUE(proxied.set("proxy.trusted", "10.0.0.1").ok());
  EXPECT_TRUE(proxied.validate().ok()) << proxied.validate().message();
  EXPECT_EQ(proxied.warnings().size(), 1U) << "of listen.host only";
  ASSERT_TRUE(config_.set("tls.cert", write("cert.pem", "c", 0644)).ok());
  ASSERT_TRUE(config_.set("tls.key", write("key.pem", "k")).ok());
  EXPECT_TRUE(config_.validate().ok()) << config_.validate().message();
  EXPECT_TRUE(config_.warnings().empty());
}

TEST_F(ConfigTest, UniqueNamesWouldTellOfAddresses) {
  give_secrets();
  ASSERT_TRUE(config_.set("auth.enumeration_safe", "on").ok());
  EXPECT_TRUE(config_.validate().ok()) << config_.validate().message();
  ASSERT_TRUE(config_.set("auth.unique_usernames", "true").ok());
  expect_refused(config_.validate(), {"auth.enumeration_safe", "auth.unique_usernames"});
}

TEST_F(ConfigTest, CookiesNeedLoginsOfThisServer) {
  ASSERT_TRUE(config_.set("auth.cookies", "on").ok());
  ASSERT_TRUE(config_.set("auth.algorithm", "RS256").ok());
  ASSERT_TRUE(config_.set("auth.public_key", write("pub.pem", "x", 0644)).ok());
  expect_refused(config_.validate(), {"auth.cookies", "auth.public_key"});
}

TEST_F(ConfigTest, OptionsWithoutEffectAreNamedOnceTheyDiffer) {
  ASSERT_TRUE(config_.set("hooks.timeout", "5s").ok());
  EXPECT_TRUE(config_.without_effect().empty());
  ASSERT_TRUE(config_.set("hooks.timeout", "6s").ok());
  EXPECT_EQ(config_.without_effect(), std::vector<std::string>{"hooks.timeout"});
}

// Shows: R15
TEST_F(ConfigTest, TheKeyOfTheAuditLogIsOptionalAndItsOwn) {
  give_secrets();
  EXPECT_TRUE(config_.validate().ok());
  ASSERT_TRUE(config_.set("log.audit_key", "short").ok());
  EXPECT_NE(config_.validate().message().find("log.audit_key"), std::string::npos);
  ASSERT_TRUE(config_.set("log.audit_key", kOne).ok());
  EXPECT_NE(config_.validate().message().find("log.audit_key"), std::string::npos);
  ASSERT_TRUE(config_.set("log.audit_key", "q8Zr2mVx0bNc7LkTj5HgYd3FsWp9AeUi6").ok());
  EXPECT_TRUE(config_.validate().ok()) << config_.validate().message();
}

TEST_F(ConfigTest, CopiesAreIndependent) {
  give_secrets();
  Config copy(config_);
  ASSERT_TRUE(copy.set("auth.jwt_secret", kTwo).ok());
  EXPECT_EQ(config_.text("auth.jwt_secret"), kOne);
  config_ = copy;
  EXPECT_EQ(config_.text("auth.jwt_secret"), kTwo);
  const Config moved = std::move(copy);
  EXPECT_EQ(moved.text("auth.jwt_secret"), kTwo);
}

}  // namespace
}  // namespace securechat::server
