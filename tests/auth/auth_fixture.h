#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <future>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "auth/accounts.h"
#include "base/digest.h"
#include "base/text.h"
#include "base/thread_annotations.h"
#include "storage/database.h"
#include "storage/session_store.h"

namespace securechat::auth {

inline constexpr std::string_view kAccessKey = "access-key-0123456789-abcdefghijklmnop";
inline constexpr std::string_view kRefreshKey = "refresh-key-0123456789-abcdefghijklmno";
inline constexpr const char* kPassword = "Passw0rd";

// A key without a kid, as the options auth.jwt_secret and auth.refresh_secret give one.
inline std::vector<HmacKey> one_key(std::string_view key) {
  std::vector<HmacKey> keys;
  keys.push_back({{}, Secret(key)});
  return keys;
}

inline TokenOptions token_options() {
  TokenOptions options;
  options.keys.access = one_key(kAccessKey);
  options.keys.refresh = one_key(kRefreshKey);
  return options;
}

inline std::shared_ptr<const Keyring> make_keyring(TokenOptions options = token_options()) {
  Csrf csrf = *Csrf::create(options.keys.access);
  Result<std::unique_ptr<Tokens>> tokens = Tokens::create(std::move(options));
  EXPECT_TRUE(tokens.ok()) << tokens.message();
  return std::shared_ptr<const Keyring>(new Keyring{std::move(*tokens), std::move(csrf)});
}

// A token as anybody who knows the key could make it.
inline std::string mint(std::string_view payload, std::string_view key = kAccessKey,
                        std::string_view header = R"({"alg":"HS256","typ":"JWT"})") {
  const std::string input = base64url_encode(header) + "." + base64url_encode(payload);
  return input + "." + base64url_encode(*hmac_sha256(key, input));
}

// Hashes at once and counts. A "hash" is the password behind a mark.
class FakeHasher final : public PasswordHasher {
 public:
  bool hash(Secret password, UniqueFunction<void(Result<std::string>)> done) override {
    if (busy || (hash_busy_after >= 0 && hashes >= hash_busy_after)) {
      return false;
    }
    ++hashes;
    done(mark + std::string(password.view()));
    return true;
  }
  bool verify(Secret password, std::string stored, UniqueFunction<void(bool)> done) override {
    if (busy) {
      return false;
    }
    ++verifies;
    dummies += stored.empty() ? 1 : 0;
    const std::size_t colon = stored.find(':');
    // Once only: what runs between the check of a password and its answer.
    if (UniqueFunction<void()> once = std::exchange(before_answer, nullptr); once) {
      once();
    }
    done(!stored.empty() && stored.substr(colon + 1) == password.view());
    return true;
  }
  [[nodiscard]] bool outdated(std::string_view stored) const override {
    return !stored.starts_with(mark);
  }
  [[nodiscard]] std::uint64_t rounds() const override { return 0; }

  std::string mark = "fake:";
  std::atomic<bool> busy{false};
  std::atomic<int> hash_busy_after{-1};
  std::atomic<int> hashes{0};
  std::atomic<int> verifies{0};
  std::atomic<int> dummies{0};
  UniqueFunction<void()> before_answer;
};

// A database whose queue can be full, or that can fail.
class FlakyDatabase final : public storage::Database {
 public:
  explicit FlakyDatabase(storage::Database& real) : real_(real) {}
  Status write(Work work, Done done) override {
    if (full) {
      return {Code::kAgain, "full"};
    }
    if (broken) {
      done({Code::kDatabase, "disk full"});
      return {};
    }
    return real_.write(std::move(work), std::move(done));
  }
  Status read(Work work, Done done) override {
    if (full) {
      return {Code::kAgain, "full"};
    }
    return real_.read(std::move(work), std::move(done));
  }
  void close() override { real_.close(); }
  [[nodiscard]] Stats stats() const override { return real_.stats(); }

  std::atomic<bool> full{false};
  std::atomic<bool> broken{false};

 private:
  storage::Database& real_;
};

class AuthTest : public ::testing::Test {
 protected:
  void SetUp() override {
    storage::DatabaseOptions options;
    options.path = ":memory:";
    Result<std::unique_ptr<storage::Database>> opened =
        storage::Database::open(options, clock, log);
    ASSERT_TRUE(opened.ok()) << opened.message();
    real_database = std::move(*opened);
    database = std::make_unique<FlakyDatabase>(*real_database);
    log.set_sink([this](LogLevel, std::string_view line) {
      MutexLock lock(mutex);
      lines.emplace_back(line);
    });
    create({});
  }
  void TearDown() override {
    if (real_database) {
      real_database->close();
    }
  }

  void create(AccountOptions options, std::shared_ptr<const Keyring> with = make_keyring()) {
    keyring = std::move(with);
    accounts = Accounts::create(
        *database, hasher, keyring, options,
        [this](const std::vector<std::string>& sids) {
          MutexLock lock(mutex);
          revoked.insert(revoked.end(), sids.begin(), sids.end());
        },
        clock, log);
  }

  // Calls an operation with a `done` and waits for what it is given.
  template <typename T, typename Call>
  static T wait_for(Call call) {
    auto answer = std::make_shared<std::promise<T>>();
    std::future<T> waiting = answer->get_future();
    call([answer](T value) { answer->set_value(std::move(value)); });
    return waiting.get();
  }

  Outcome<Grant> sign_up(const std::string& name) {
    return wait_for<Outcome<Grant>>([&](auto done) {
      accounts->register_user(name, name + "@example.com", Secret(kPassword), done);
    });
  }
  Outcome<Grant> log_in(const std::string& email, std::string_view password = kPassword) {
    return wait_for<Outcome<Grant>>([&](auto done) {
      accounts->login({email, Secret(password)}, done);
    });
  }
  Outcome<Grant> renew(const std::string& token) {
    return wait_for<Outcome<Grant>>([&](auto done) { accounts->refresh(token, done); });
  }
  Outcome<Principal> who(const std::string& token) {
    return wait_for<Outcome<Principal>>([&](auto done) { accounts->authenticate(token, done); });
  }
  Fault change(const Grant& grant, std::string_view current, std::string_view next) {
    const Outcome<Principal> principal = who(grant.access_token);
    EXPECT_TRUE(principal.ok());
    return change_from(principal.value, current, next).fault;
  }
  Outcome<std::monostate> change_from(const Principal& who, std::string_view current,
                                      std::string_view next, const std::string& address = "") {
    return wait_for<Outcome<std::monostate>>([&](auto done) {
      accounts->change_password({who, Secret(current), Secret(next), address}, done);
    });
  }
  std::vector<std::string> take_revoked() {
    MutexLock lock(mutex);
    return std::exchange(revoked, {});
  }
  bool logged(std::string_view text) {
    MutexLock lock(mutex);
    for (const std::string& line : lines) {
      if (line.find(text) != std::string::npos) {
        return true;
      }
    }
    return false;
  }

  ManualClock clock;
  Logger log{clock, LogFormat::kText, LogLevel::kDebug};
  Mutex mutex;
  std::vector<std::string> lines SECURECHAT_GUARDED_BY(mutex);
  std::vector<std::string> revoked SECURECHAT_GUARDED_BY(mutex);
  FakeHasher hasher;
  std::unique_ptr<storage::Database> real_database;
  std::unique_ptr<FlakyDatabase> database;
  std::shared_ptr<const Keyring> keyring;
  std::unique_ptr<Accounts> accounts;
};

}  // namespace securechat::auth
