#include "server/key_file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "server/keyring.h"

namespace securechat::server {
namespace {

constexpr std::int64_t kDay = 1'785'110'400'000;  // 2026-07-27
constexpr const char* kAccess = "an-access-secret-of-0123456789-bytes";
constexpr const char* kRefresh = "a-refresh-secret-of-0123456789-bytes";

class KeyFileTest : public ::testing::Test {
 protected:
  void SetUp() override {
    char name[] = "/tmp/securechat-keys-XXXXXX";
    ASSERT_NE(::mkdtemp(name), nullptr);
    folder_ = name;
    path_ = folder_ + "/keys.json";
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  [[nodiscard]] std::string text() const {
    std::ifstream file(path_);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  void rotate(std::size_t keep = 1) {
    const Result<auth::KeySet> keys = rotate_key_file(path_, keep, kDay);
    ASSERT_TRUE(keys.ok()) << keys.message();
  }
  static void expect_refused(const Status& status, std::string_view word) {
    EXPECT_EQ(status.code(), Code::kInvalid);
    EXPECT_NE(status.message().find(word), std::string::npos) << status.message();
  }
  [[nodiscard]] Config config() const {
    Config config;
    EXPECT_TRUE(config.set("auth.keys_file", path_).ok());
    return config;
  }

  std::string folder_;
  std::string path_;
};

// Shows: R23 R83
TEST_F(KeyFileTest, RotationMakesAndReplacesAPrivateFile) {
  rotate();
  struct stat info {};
  ASSERT_EQ(::stat(path_.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777U, 0600U);
  const Result<auth::KeySet> first = read_key_file(path_);
  ASSERT_TRUE(first.ok()) << first.message();
  EXPECT_TRUE(first->access[0].kid.starts_with("2026-07-27-")) << first->access[0].kid;
  rotate();
  const Result<auth::KeySet> second = read_key_file(path_);
  ASSERT_TRUE(second.ok()) << second.message();
  ASSERT_EQ(second->access.size(), 2U);
  EXPECT_EQ(second->access[1].kid, first->access[0].kid);
  EXPECT_EQ(second->refresh[1].key.view(), first->refresh[0].key.view());
  ASSERT_EQ(::stat(path_.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777U, 0600U);
  EXPECT_FALSE(std::filesystem::exists(path_ + ".new"));
}

// Shows: R23
TEST_F(KeyFileTest, AFailedRotationLeavesTheFileAsItWas) {
  rotate();
  const std::string before = text();
  std::ofstream(path_ + ".new") << "another rotation";
  expect_refused(rotate_key_file(path_, 1, kDay).status(), ".new");
  EXPECT_EQ(text(), before);
  std::filesystem::remove(path_ + ".new");
  std::ofstream(path_) << "{\"keys\":[]}";
  expect_refused(rotate_key_file(path_, 1, kDay).status(), "no key of the use access");
  EXPECT_EQ(text(), "{\"keys\":[]}");
  expect_refused(rotate_key_file(folder_ + "/nowhere/keys.json", 1, kDay).status(), "nowhere");
}

// Root may rotate for a server that runs as somebody else.
// Shows: R83
TEST_F(KeyFileTest, TheNewFileIsTheOldOnesOwnersAndNoWider) {
  rotate();
  struct stat info {};
  for (const unsigned mode : {0640U, 0400U, 0440U}) {
    ASSERT_EQ(::chmod(path_.c_str(), mode), 0);
    rotate();
    ASSERT_EQ(::stat(path_.c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 07777U, mode);
  }
  ASSERT_EQ(::chmod(path_.c_str(), 0750), 0);
  rotate();
  ASSERT_EQ(::stat(path_.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 07777U, 0640U);
  if (::geteuid() != 0) return;  // Nobody else can give a file away.
  ASSERT_EQ(::chown(path_.c_str(), 12'345, 23'456), 0);
  rotate();
  ASSERT_EQ(::stat(path_.c_str(), &info), 0);
  EXPECT_EQ(info.st_uid, 12'345U);
  EXPECT_EQ(info.st_gid, 23'456U);
  EXPECT_EQ(info.st_mode & 07777U, 0640U);
}

// What another rotation is about to replace is not even read.
// Shows: R23
TEST_F(KeyFileTest, OneRotationAtATimeAndNoneLeavesItsDraft) {
  const std::string draft = path_ + ".new";
  std::ofstream(path_) << "{\"keys\":[]}";
  ASSERT_EQ(::chmod(path_.c_str(), 0600), 0);
  std::ofstream(draft) << "";
  expect_refused(rotate_key_file(path_, 1, kDay).status(), "remove it with: rm " + draft);
  EXPECT_TRUE(std::filesystem::exists(draft));
  std::filesystem::remove(draft);
  expect_refused(rotate_key_file(path_, 1, kDay).status(), "no key of the use access");
  EXPECT_FALSE(std::filesystem::exists(draft));
}

// Shows: R83
TEST_F(KeyFileTest, FilesThatAreRefused) {
  expect_refused(read_key_file(path_).status(), path_);
  expect_refused(read_key_file(folder_).status(), "regular file");
  rotate();
  for (const unsigned mode : {0604U, 0602U, 0620U, 0666U}) {
    ASSERT_EQ(::chmod(path_.c_str(), mode), 0);
    expect_refused(read_key_file(path_).status(), "chmod 600");
  }
  for (const unsigned mode : {0600U, 0400U, 0640U}) {
    ASSERT_EQ(::chmod(path_.c_str(), mode), 0);
    EXPECT_TRUE(read_key_file(path_).ok());
  }
  std::ofstream(path_, std::ios::trunc) << std::string(300'000, ' ');
  ASSERT_EQ(::chmod(path_.c_str(), 0600), 0);
  expect_refused(read_key_file(path_).status(), "256 KiB");
  const std::string pipe = folder_ + "/pipe";
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  expect_refused(read_key_file(pipe).status(), "regular file");
}

// Shows: R23
TEST_F(KeyFileTest, TheKeyringIsTheFilesThenTheSecrets) {
  rotate();
  Config with = config();
  ASSERT_TRUE(with.validate().ok()) << with.validate().message();
  Result<std::shared_ptr<const auth::Keyring>> file_only = make_keyring(with);
  ASSERT_TRUE(file_only.ok()) << file_only.message();
  ASSERT_TRUE(with.set("auth.jwt_secret", kAccess).ok());
  ASSERT_TRUE(with.set("auth.refresh_secret", kRefresh).ok());
  const Result<std::shared_ptr<const auth::Keyring>> both = make_keyring(with);
  ASSERT_TRUE(both.ok()) << both.message();
  EXPECT_NE((*file_only)->mark, (*both)->mark);
  EXPECT_EQ((*both)->mark, (*make_keyring(with))->mark);

  ASSERT_TRUE(with.set("auth.keys_file", "").ok());
  const Result<std::shared_ptr<const auth::Keyring>> plain = make_keyring(with);
  ASSERT_TRUE(plain.ok()) << plain.message();
  auth::Claims claims;
  claims.user_id = claims.username = claims.sid = claims.jti = "x";
  const auto use = auth::TokenUse::kAccess;
  const std::string old_token = *(*plain)->tokens->issue(use, claims, 1000);
  EXPECT_EQ((*both)->tokens->verify(use, old_token, 1000).fault, auth::Fault::kNone);
  EXPECT_EQ((*file_only)->tokens->verify(use, old_token, 1000).fault, auth::Fault::kTokenInvalid);
  const std::string new_token = *(*both)->tokens->issue(use, claims, 1000);
  EXPECT_EQ((*file_only)->tokens->verify(use, new_token, 1000).fault, auth::Fault::kNone);
  EXPECT_EQ((*plain)->tokens->verify(use, new_token, 1000).fault, auth::Fault::kTokenInvalid);
}

// A reload reads it under a lock: whatever is named, nobody waits for it or fills the memory.
// Shows: R15
TEST_F(KeyFileTest, ThePublicKeyIsASmallRegularFile) {
  const std::string named = folder_ + "/public";
  Config with;
  ASSERT_TRUE(with.set("auth.public_key", named).ok());
  ASSERT_TRUE(with.set("auth.algorithm", "RS256").ok());
  const auto refused = [&](std::string_view word) {
    const Status status = make_keyring(with).status();
    expect_refused(status, word);
    expect_refused(status, "auth.public_key " + named);
    expect_refused(status, "PEM file or a JWK Set");
  };
  refused("No such file");
  ASSERT_EQ(::mkfifo(named.c_str(), 0600), 0);
  refused("regular file");
  std::filesystem::remove(named);
  std::ofstream(named) << "";
  refused("is empty");
  std::filesystem::resize_file(named, 1024 * 1024 + 1);
  refused("larger than 1024 KiB");
}

// Shows: R15
TEST_F(KeyFileTest, FaultsNameTheOption) {
  expect_refused(config().validate(), "auth.keys_file");
  rotate();
  Config with = config();
  ASSERT_TRUE(with.set("auth.public_key", path_).ok());
  ASSERT_TRUE(with.set("auth.algorithm", "RS256").ok());
  expect_refused(with.validate(), "auth.keys_file");

  with = config();
  ASSERT_TRUE(with.set("auth.jwt_secret", "short").ok());
  expect_refused(with.validate(), "auth.jwt_secret");
  const Result<auth::KeySet> keys = read_key_file(path_);
  for (const char* option : {"auth.pepper", "log.audit_key"}) {
    with = config();
    std::ofstream(path_, std::ios::trunc)
        << R"({"keys":[{"kty":"oct","use":"access","kid":"a","k":"MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3)"
           R"(ODlhYmNkZWY"},{"kty":"oct","use":"refresh","kid":"r","k":"ZmVkY2JhOTg3NjU0MzIxMGZl)"
           R"(ZGNiYTk4NzY1NDMyMTA"}]})";
    ASSERT_TRUE(make_keyring(with).ok()) << make_keyring(with).message();
    ASSERT_TRUE(with.set(option, "0123456789abcdef0123456789abcdef").ok());
    expect_refused(make_keyring(with).status(), option);
  }
  with = config();
  ASSERT_TRUE(with.set("auth.jwt_secret", "0123456789abcdef0123456789abcdef").ok());
  expect_refused(make_keyring(with).status(), "auth.jwt_secret");
  ASSERT_EQ(::chmod(path_.c_str(), 0644), 0);
  expect_refused(make_keyring(config()).status(), "auth.keys_file");
}

}  // namespace
}  // namespace securechat::server
