#include "server/server.h"

#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <future>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "storage/database.h"
#include "storage/recovery_store.h"

namespace securechat::server {
namespace {

Config configuration() {
  Config config;
  for (const auto& [key, value] : std::vector<std::pair<std::string, std::string>>{
           {"listen.port", "0"},
           {"db.path", ":memory:"},
           {"auth.bcrypt_cost", "4"},
           {"auth.allow_weak_hash", "true"},
           {"auth.jwt_secret", *random_hex(24)},
           {"auth.refresh_secret", *random_hex(24)},
       }) {
    const Status set = config.set(key, value);
    EXPECT_TRUE(set.ok()) << set.message();
  }
  return config;
}

std::unique_ptr<Server> created(const Config& config = configuration()) {
  Result<std::unique_ptr<Server>> server = Server::create(config);
  EXPECT_TRUE(server.ok()) << server.message();
  return std::move(*server);
}

Result<std::string> sign_up(Server& server, const std::string& name, const std::string& email) {
  const Result<auth::Accounts*> accounts = server.accounts();
  if (!accounts.ok()) return accounts.status();
  const Result<storage::User> user =
      (*accounts)->create_user(name, email, Secret("Passw0rd"), "user");
  if (!user.ok()) return user.status();
  return user->id;
}

TEST(Server, StartsAndStopsOnce) {
  auto server = created();
  EXPECT_EQ(server->url().code(), Code::kState);
  ASSERT_TRUE(server->start().ok());
  EXPECT_TRUE(server->url()->starts_with("http://127.0.0.1:"));
  EXPECT_EQ(server->start().code(), Code::kState);
  EXPECT_EQ(server->on_message([](chat::MessageDraft&) { return auth::Verdict::kNext; }).code(),
            Code::kState);
  EXPECT_TRUE(server->stop(100).ok());
  EXPECT_TRUE(server->stop(100).ok());
  EXPECT_EQ(server->start().code(), Code::kState);
  EXPECT_EQ(server->emit({}, {"x", "[]", {}}).code(), Code::kState);
}

// Shows: R105
TEST(Server, SeveralLiveInOneProcess) {
  auto first = created();
  auto second = created();
  ASSERT_TRUE(first->start().ok());
  ASSERT_TRUE(second->start().ok());
  EXPECT_NE(*first->url(), *second->url());
  ASSERT_TRUE(sign_up(*first, "ada", "ada@example.com").ok());
  EXPECT_EQ((*second->accounts())->find_user("ada").code(), Code::kNotFound);
}

TEST(Server, APortInUseIsNamed) {
  auto first = created();
  ASSERT_TRUE(first->start().ok());
  const std::string url = *first->url();
  const std::string port = url.substr(url.rfind(':') + 1);
  Config config = configuration();
  ASSERT_TRUE(config.set("listen.port", port).ok());
  auto second = created(config);
  const Status started = second->start();
  EXPECT_EQ(started.code(), Code::kNetwork);
  EXPECT_NE(started.message().find(port), std::string::npos) << started.message();
}

// The next start may succeed, and within the window: clients come back to it.
TEST(Server, AFailedStartKeepsTheSessionsOfAnEarlierRun) {
  const std::filesystem::path folder =
      std::filesystem::temp_directory_path() / ("securechat-" + *random_hex(8));
  std::filesystem::create_directory(folder);
  const std::string path = folder / "chat.db";
  SystemClock clock;
  Logger log(clock, LogFormat::kText, LogLevel::kError);
  const auto in_database = [&](storage::Database::Work work) {
    storage::DatabaseOptions options;
    options.path = path;
    const auto database = storage::Database::open(options, clock, log);
    ASSERT_TRUE(database.ok()) << database.message();
    const Status done = (*database)->write_and_wait(std::move(work));
    EXPECT_TRUE(done.ok()) << done.message();
  };
  in_database([&](storage::Stores& stores) {
    return stores.recoveries.save({"pid", "sid", "user", "", "/", "[]", 0, clock.unix_ms()});
  });
  auto first = created();
  ASSERT_TRUE(first->start().ok());
  const std::string url = *first->url();
  Config config = configuration();
  ASSERT_TRUE(config.set("listen.port", url.substr(url.rfind(':') + 1)).ok());
  ASSERT_TRUE(config.set("db.path", path).ok());
  EXPECT_EQ(created(config)->start().code(), Code::kNetwork);
  std::size_t kept = 0;
  in_database([&](storage::Stores& stores) {
    const auto taken = stores.recoveries.take_all(0);
    kept = taken.ok() ? taken->size() : 0;
    return taken.status();
  });
  EXPECT_EQ(kept, 1U);
  std::filesystem::remove_all(folder);
}

TEST(Server, AccountsWorkBeforeStartAndAfterIt) {
  auto server = created();
  const Result<std::string> id = sign_up(*server, "ada", "Ada@Example.com");
  ASSERT_TRUE(id.ok()) << id.message();
  ASSERT_TRUE(server->start().ok());
  EXPECT_EQ(sign_up(*server, "eve", "ada@example.com").code(), Code::kExists);
  EXPECT_EQ(sign_up(*server, "eve", "nonsense").code(), Code::kInvalid);
  EXPECT_EQ((*server->accounts())->find_user("ada@example.com")->id, *id);
  const Result<std::string> token = (*server->accounts())->issue_token(*id, 60);
  ASSERT_TRUE(token.ok());
  EXPECT_NE(server->verify_token(*token)->find(*id), std::string::npos);
  EXPECT_EQ(server->verify_token("x.y.z").code(), Code::kAuth);
  EXPECT_TRUE(server->stop(0).ok());
  EXPECT_EQ(server->accounts().code(), Code::kState);
}

TEST(Server, ASessionThatIsNotThereIsToldAtOnce) {
  auto server = created();
  ASSERT_TRUE(server->start().ok());
  EXPECT_EQ(server->join(7, "den").code(), Code::kNotFound);
  EXPECT_EQ(server->leave(7, "den").code(), Code::kNotFound);
  EXPECT_EQ(server->disconnect(7, "bye").code(), Code::kNotFound);
  chat::Target target;
  target.session = 7;
  EXPECT_EQ(server->emit(target, {"x", "[]", {}}).code(), Code::kNotFound);
  EXPECT_TRUE(server->emit({}, {"x", "[]", {}}).ok());
}

TEST(Server, CallsThatWouldDeadlockInACallbackAreRefused) {
  auto server = created();
  std::vector<Code> codes;
  std::atomic<bool> asked = false;
  server->set_log(LogLevel::kInfo, [&](LogLevel, std::string_view) {
    if (asked.exchange(true)) return;
    codes.push_back(server->stop(0).code());
    codes.push_back(sign_up(*server, "a", "a@example.com").code());
    codes.push_back(server->reload(configuration()).code());
  });
  ASSERT_TRUE(server->start().ok());
  EXPECT_EQ(codes, (std::vector<Code>{Code::kState, Code::kState, Code::kState}));
  server->set_log(LogLevel::kError, nullptr);
}

// Shows: R15
TEST(Server, ReloadKeepsTheOldWhenTheNewIsWrong) {
  const Config config = configuration();
  auto server = created(config);
  ASSERT_TRUE(server->start().ok());
  const Result<std::string> id = sign_up(*server, "ada", "ada@example.com");
  const std::string token = *(*server->accounts())->issue_token(*id, 60);
  Config wrong = config;
  ASSERT_TRUE(wrong.set("auth.jwt_secret", "short").ok());
  EXPECT_EQ(server->reload(wrong).code(), Code::kInvalid);
  EXPECT_TRUE(server->verify_token(token).ok());
  Config other = config;
  ASSERT_TRUE(other.set("auth.jwt_secret", *random_hex(24)).ok());
  ASSERT_TRUE(server->reload(other).ok());
  EXPECT_EQ(server->verify_token(token).code(), Code::kAuth);
}

TEST(Server, ManyThreadsEmitWhileItStops) {
  auto server = created();
  ASSERT_TRUE(server->start().ok());
  std::vector<std::thread> threads;
  std::atomic<int> refused = 0;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      while (server->emit({}, {"x", "[1]", {}}).ok()) std::this_thread::yield();
      ++refused;
    });
  }
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  EXPECT_TRUE(server->stop(100).ok());
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(refused, 4);
}

}  // namespace
}  // namespace securechat::server
