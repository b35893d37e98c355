#pragma once

#include <gtest/gtest.h>
#include <stdlib.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/log.h"
#include "storage/database.h"
#include "storage/message_store.h"
#include "storage/room_store.h"
#include "storage/session_store.h"
#include "storage/user_store.h"

namespace securechat::storage {

// A directory that ends with the test, and databases in it.
class StorageTest : public testing::Test {
 protected:
  StorageTest() {
    std::string name = (std::filesystem::temp_directory_path() / "storage-XXXXXX").string();
    directory_ = ::mkdtemp(name.data());
    options_.path = path("chat.db");
    options_.busy_timeout_ms = 100;
  }
  ~StorageTest() override {
    std::error_code ignored;
    std::filesystem::remove_all(directory_, ignored);
  }

  [[nodiscard]] std::string path(const std::string& name) const { return directory_ + "/" + name; }

  Result<std::unique_ptr<Database>> try_open() { return Database::open(options_, clock_, log_); }
  std::unique_ptr<Database> open() {
    Result<std::unique_ptr<Database>> opened = try_open();
    EXPECT_TRUE(opened.ok()) << opened.message();
    return opened.ok() ? *std::move(opened) : nullptr;
  }

  std::string directory_;
  SystemClock clock_;
  Logger log_{clock_, LogFormat::kText, LogLevel::kError};
  DatabaseOptions options_;
};

// The `n`th id of a kind, in the form that real ids have.
inline std::string hex_id(char kind, int n) {
  char text[33];
  std::snprintf(text, sizeof text, "%c%031x", kind, static_cast<unsigned>(n));
  return text;
}

inline User make_user(int n) {
  User user;
  user.id = hex_id('a', n);
  user.username = "User" + std::to_string(n);
  user.email = "User" + std::to_string(n) + "@example.org";
  user.email_key = "user" + std::to_string(n) + "@example.org";
  user.password_hash = "$2b$12$hash";
  user.created_at_ms = 1'700'000'000'000 + n;
  return user;
}

inline Message make_message(int n, const std::string& room = "lobby",
                            const std::string& client_id = "") {
  Message message;
  message.id = hex_id('b', n);
  message.room = room;
  message.user_id = hex_id('a', 1);
  message.username = "User1";
  message.body = "text " + std::to_string(n);
  message.client_id = client_id;
  message.created_at_ms = 1'700'000'000'000 + n;
  return message;
}

inline Status append(Database& database, Message message) {
  return database.write_and_wait([&message](Stores& stores) {
    bool duplicate = false;
    return stores.messages.append(message, duplicate);
  });
}

// The newest 1000 seqs of a room, oldest first.
inline std::vector<std::int64_t> seqs(Database& database, const std::string& room = "lobby") {
  std::vector<std::int64_t> result;
  const Status status = database.read_and_wait([&](Stores& stores) {
    Result<HistoryPage> page = stores.messages.page({.room = room, .limit = 1000});
    if (!page.ok()) {
      return page.status();
    }
    for (const Message& message : page->messages) {
      result.push_back(message.seq);
    }
    return Status();
  });
  EXPECT_TRUE(status.ok()) << status.message();
  return result;
}

inline std::vector<std::int64_t> numbers_to(std::int64_t last) {
  std::vector<std::int64_t> numbers;
  for (std::int64_t n = 1; n <= last; ++n) {
    numbers.push_back(n);
  }
  return numbers;
}

}  // namespace securechat::storage
