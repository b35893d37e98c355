#include "server/server.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "base/random.h"

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

TEST(Server, SeveralLiveInOneProcess) {
  auto first = created();
  auto second = created();
  ASSERT_TRUE(first->start().ok());
  ASSERT_TRUE(second->start().ok());
  EXPECT_NE(*first->url(), *second->url());
  ASSERT_TRUE(first->create_user("ada", "ada@example.com", "Passw0rd").ok());
  EXPECT_EQ(second->find_user("ada").code(), Code::kNotFound);
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

TEST(Server, AccountsWorkBeforeStartAndAfterIt) {
  auto server = created();
  const Result<std::string> id = server->create_user("ada", "Ada@Example.com", "Passw0rd");
  ASSERT_TRUE(id.ok()) << id.message();
  ASSERT_TRUE(server->start().ok());
  EXPECT_EQ(server->create_user("eve", "ada@example.com", "Passw0rd").code(), Code::kExists);
  EXPECT_EQ(server->create_user("eve", "nonsense", "Passw0rd").code(), Code::kInvalid);
  EXPECT_EQ(server->find_user("ada@example.com")->id, *id);
  const Result<std::string> token = server->issue_token(*id, 60);
  ASSERT_TRUE(token.ok());
  EXPECT_NE(server->verify_token(*token)->find(*id), std::string::npos);
  EXPECT_EQ(server->verify_token("x.y.z").code(), Code::kAuth);
  EXPECT_TRUE(server->stop(0).ok());
  EXPECT_EQ(server->list_users().code(), Code::kState);
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
    codes.push_back(server->create_user("a", "a@example.com", "Passw0rd").code());
    codes.push_back(server->reload(configuration()).code());
  });
  ASSERT_TRUE(server->start().ok());
  EXPECT_EQ(codes, (std::vector<Code>{Code::kState, Code::kState, Code::kState}));
  server->set_log(LogLevel::kError, nullptr);
}

TEST(Server, ReloadKeepsTheOldWhenTheNewIsWrong) {
  const Config config = configuration();
  auto server = created(config);
  ASSERT_TRUE(server->start().ok());
  const Result<std::string> id = server->create_user("ada", "ada@example.com", "Passw0rd");
  const std::string token = *server->issue_token(*id, 60);
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
