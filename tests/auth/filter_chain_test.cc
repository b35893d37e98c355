#include "auth/filter_chain.h"

#include <optional>
#include <stdexcept>
#include <thread>

#include "auth/cookies.h"
#include "auth_fixture.h"
#include "headers_stub.h"

namespace securechat::auth {
namespace {

constexpr const char* kOrigin = "http://localhost:3000";

class FilterChainTest : public AuthTest {
 protected:
  void SetUp() override {
    AuthTest::SetUp();
    policy.origin.allowed = {kOrigin};
    grant = sign_up("ada").value;
  }
  void make() { chain = FilterChain::create(*accounts, policy, filters, rate, clock, log); }
  void add(std::int32_t priority, UniqueFunction<Verdict(Handshake&)> run, std::string name = "f") {
    filters.push_back({std::move(name), priority, std::move(run)});
  }
  FilterChain::Answer upgrade(Handshake& handshake) {
    if (!chain) {
      make();
    }
    handshake.headers = &headers;
    return chain->run_upgrade(handshake);
  }
  // Joins as a shard does: the completion comes back through a queue that this thread empties.
  FilterChain::Answer join(std::shared_ptr<Handshake> handshake) {
    if (!chain) {
      make();
    }
    handshake->stage = Stage::kJoin;
    handshake->headers = &headers;
    std::promise<Task> posted;
    std::future<Task> waiting = posted.get_future();
    std::optional<FilterChain::Answer> answer;
    const std::thread::id home = std::this_thread::get_id();
    chain->run_join(
        handshake, [&posted](Task task) { posted.set_value(std::move(task)); },
        [&](FilterChain::Answer given) {
          EXPECT_FALSE(answer) << "once only";
          EXPECT_EQ(std::this_thread::get_id(), home);
          answer = std::move(given);
        });
    if (!answer) {
      Task task = waiting.get();
      task();
    }
    last = std::move(handshake);
    return *answer;
  }
  std::shared_ptr<Handshake> good() {
    auto handshake = std::make_shared<Handshake>();
    handshake->token = grant.access_token;
    handshake->csrf_token = grant.csrf_token;
    return handshake;
  }
  static Verdict set_principal(Handshake& handshake) {
    Principal principal;
    principal.user_id = "host-user";
    handshake.principal = principal;
    handshake.principal_from_host = true;
    return Verdict::kNext;
  }

  ChainPolicy policy;
  std::vector<HostFilter> filters;
  RateLimiter rate{1000, 60'000, true};
  Headers headers{
      std::map<std::string, std::string>{{"origin", kOrigin}, {"host", "localhost:3000"}}};
  std::unique_ptr<FilterChain> chain;
  Grant grant;
  std::shared_ptr<Handshake> last;
};

TEST_F(FilterChainTest, AGoodPeerGetsItsPrincipal) {
  EXPECT_EQ(join(good()).fault, Fault::kNone);
  ASSERT_TRUE(last->principal);
  EXPECT_EQ(last->principal->user_id, grant.user.id);
  EXPECT_FALSE(last->principal_from_host);
}

// Every combination of faults: the first of the contract's order is told.
// Shows: R9 R37 S5 S11 S28
TEST_F(FilterChainTest, TheFirstOfSeveralFaultsIsTold) {
  policy.csrf_required = true;
  bool denied = false;
  add(0, [&](Handshake& handshake) {
    handshake.public_reason = "NOT_STAFF";
    return denied ? Verdict::kDeny : Verdict::kNext;
  });
  make();
  RateLimiter none(0, 60'000, true);
  std::unique_ptr<FilterChain> limited =
      FilterChain::create(*accounts, policy, filters, none, clock, log);
  const std::string expired = [&] {
    Claims claims = accounts->verify(grant.access_token).claims;
    return *keyring->tokens->issue(TokenUse::kAccess, claims, clock.unix_seconds() - 7200);
  }();
  struct TokenCase {
    std::string token;
    const char* name;
  };
  for (const TokenCase& token :
       {TokenCase{"", "NO_TOKEN"}, TokenCase{expired, "TOKEN_EXPIRED"},
        TokenCase{"a.b.c", "AUTH_FAILED"}, TokenCase{grant.access_token, ""}}) {
    for (int bits = 0; bits < 16; ++bits) {
      const bool origin = (bits & 1) != 0;
      const bool over = (bits & 2) != 0;
      const bool csrf = (bits & 4) != 0;
      denied = (bits & 8) != 0;
      auto handshake = good();
      handshake->token = token.token;
      handshake->origin_fault = origin ? Fault::kInvalidOrigin : Fault::kNone;
      if (csrf) {
        handshake->csrf_token = "x";
      }
      std::string expected = token.name;
      if (expected.empty()) {
        expected = origin   ? "INVALID_ORIGIN"
                   : over   ? "TOO_MANY_CONNECTIONS"
                   : csrf   ? "CSRF_FAILED"
                   : denied ? "NOT_STAFF"
                            : "";
      }
      if (over) {
        std::swap(chain, limited);
      }
      const FilterChain::Answer answer = join(handshake);
      if (over) {
        std::swap(chain, limited);
      }
      EXPECT_EQ(answer.message, expected) << token.name << " " << bits;
      EXPECT_EQ(answer.code, expected == "NOT_STAFF" ? "FORBIDDEN" : expected);
      EXPECT_EQ(answer.fault == Fault::kNone, expected.empty());
      EXPECT_EQ(last->principal.has_value(), expected.empty()) << "no principal means no entry";
    }
  }
}

// Shows: R63 S11
TEST_F(FilterChainTest, EveryAttemptCountsAtOnce) {
  rate.configure(2, 60'000);
  auto refused = std::make_shared<Handshake>();
  EXPECT_EQ(join(refused).message, "NO_TOKEN");
  EXPECT_EQ(join(good()).fault, Fault::kNone);
  EXPECT_EQ(join(good()).fault, Fault::kTooManyConnections);
}

// Shows: R21 R32 R97 S2 S44
TEST_F(FilterChainTest, RevokedDisabledAndBusy) {
  const Grant other = log_in("ada@example.com").value;
  ASSERT_EQ(wait_for<Fault>([&](auto done) { accounts->logout(grant.sid, done); }), Fault::kNone);
  EXPECT_EQ(join(good()).message, "AUTH_FAILED");
  grant = other;
  EXPECT_EQ(join(good()).fault, Fault::kNone);
  database->full = true;
  EXPECT_EQ(join(good()).message, "Server busy");
  database->full = false;
  ASSERT_TRUE(accounts->set_enabled(grant.user.id, false).ok());
  EXPECT_EQ(join(good()).message, "AUTH_FAILED");
}

TEST_F(FilterChainTest, FiltersRunByPriorityThenByRegistration) {
  make();
  EXPECT_FALSE(chain->asks_host());
  chain.reset();
  std::string order;
  for (const auto& [priority, name] :
       std::vector<std::pair<int, char>>{{5, 'c'}, {-1, 'a'}, {5, 'd'}, {0, 'b'}}) {
    add(priority, [&order, c = name](Handshake&) {
      order.push_back(c);
      return Verdict::kNext;
    });
  }
  EXPECT_EQ(join(good()).fault, Fault::kNone);
  EXPECT_EQ(order, "abcd");
  EXPECT_TRUE(chain->asks_host());
}

TEST_F(FilterChainTest, TheHostIsNotAskedAboutThoseItCannotHelp) {
  bool asked = false;
  add(0, [&](Handshake&) {
    asked = true;
    return Verdict::kNext;
  });
  auto handshake = good();
  handshake->origin_fault = Fault::kInvalidOrigin;
  EXPECT_EQ(join(handshake).fault, Fault::kInvalidOrigin);
  rate.configure(0, 60'000);
  EXPECT_EQ(join(good()).fault, Fault::kTooManyConnections);
  EXPECT_FALSE(asked);
}

// Shows: R8 R103
TEST_F(FilterChainTest, AllowEndsTheHostsFiltersOnly) {
  bool reached = false;
  add(0, [](Handshake&) { return Verdict::kAllow; });
  add(1, [&](Handshake&) {
    reached = true;
    return Verdict::kDeny;
  });
  EXPECT_EQ(join(good()).fault, Fault::kNone);
  EXPECT_FALSE(reached);
  auto handshake = good();
  handshake->token = "x";
  EXPECT_EQ(join(handshake).message, "AUTH_FAILED") << "the built-in checks hold";
}

// Shows: R91 R103 S42
TEST_F(FilterChainTest, DenyThrowDeferAndNothing) {
  struct Row {
    UniqueFunction<Verdict(Handshake&)> run;
    const char* message;
  };
  std::vector<Row> rows;
  rows.push_back({[](Handshake&) { return Verdict::kDeny; }, "FORBIDDEN"});
  rows.push_back({[](Handshake& handshake) {
                    handshake.public_reason = "NOT_STAFF";
                    return Verdict::kDeny;
                  },
                  "NOT_STAFF"});
  rows.push_back({[](Handshake& handshake) -> Verdict {
                    handshake.public_reason = "half";
                    throw std::runtime_error("private detail");
                  },
                  "FORBIDDEN"});
  rows.push_back({[](Handshake&) -> Verdict { throw 5; }, "FORBIDDEN"});
  rows.push_back({[](Handshake&) { return Verdict::kDefer; }, "FORBIDDEN"});
  rows.push_back({[](Handshake&) { return static_cast<Verdict>(99); }, "FORBIDDEN"});
  rows.push_back({nullptr, "FORBIDDEN"});
  rows.push_back({[](Handshake& handshake) {
                    handshake.principal = Principal{};
                    handshake.principal_from_host = true;
                    return Verdict::kNext;
                  },
                  "FORBIDDEN"});
  for (Row& row : rows) {
    filters.clear();
    chain.reset();
    add(-1, [](Handshake& handshake) {
      handshake.public_reason = "of a filter that let pass";
      return Verdict::kNext;
    });
    add(0, std::move(row.run));
    const FilterChain::Answer answer = join(good());
    EXPECT_EQ(answer.fault, Fault::kForbidden);
    EXPECT_EQ(answer.message, row.message);
    EXPECT_EQ(answer.code, "FORBIDDEN");
  }
  EXPECT_TRUE(logged("private detail"));
}

TEST_F(FilterChainTest, AHostPrincipalTakesThePlaceOfTokenAndCsrf) {
  policy.csrf_required = true;
  add(0, [](Handshake& handshake) { return set_principal(handshake); });
  for (const std::string& token : {std::string(), std::string("x"), grant.access_token}) {
    auto handshake = std::make_shared<Handshake>();
    handshake->token = token;
    EXPECT_EQ(join(handshake).fault, Fault::kNone);
    EXPECT_EQ(last->principal->user_id, "host-user");
  }
  auto handshake = std::make_shared<Handshake>();
  handshake->origin_fault = Fault::kInvalidOrigin;
  EXPECT_NE(join(handshake).fault, Fault::kNone) << "the other checks hold";
  rate.configure(0, 60'000);
  EXPECT_NE(join(std::make_shared<Handshake>()).fault, Fault::kNone);
}

// Shows: R1 R2
TEST_F(FilterChainTest, TheOtherChecksHoldForAHostPrincipal) {
  add(0, [](Handshake& handshake) {
    set_principal(handshake);
    return Verdict::kAllow;
  });
  auto handshake = std::make_shared<Handshake>();
  handshake->origin_fault = Fault::kInvalidOrigin;
  EXPECT_EQ(join(handshake).message, "INVALID_ORIGIN");
  rate.configure(0, 60'000);
  EXPECT_EQ(join(std::make_shared<Handshake>()).message, "TOO_MANY_CONNECTIONS");
}

// Shows: R103
TEST_F(FilterChainTest, AHostPrincipalThenADenial) {
  add(0, [](Handshake& handshake) { return set_principal(handshake); });
  add(1, [](Handshake&) { return Verdict::kDeny; });
  EXPECT_EQ(join(std::make_shared<Handshake>()).message, "FORBIDDEN");
}

TEST_F(FilterChainTest, APrincipalSetAtTheUpgradeStandsAtEveryJoin) {
  add(0, [](Handshake& handshake) {
    return handshake.stage == Stage::kUpgrade ? set_principal(handshake) : Verdict::kNext;
  });
  Handshake handshake;
  EXPECT_EQ(upgrade(handshake).fault, Fault::kNone);
  EXPECT_EQ(join(std::make_shared<Handshake>(handshake)).fault, Fault::kNone);
  EXPECT_EQ(last->principal->user_id, "host-user");
}

class CookieChainTest : public FilterChainTest {
 protected:
  void SetUp() override {
    FilterChainTest::SetUp();
    policy.cookies = true;
  }
  // What a handshake with these headers is told, when the join names this CSRF token.
  std::string told(std::map<std::string, std::string> values, const std::string& csrf,
                   const std::string& own_token = "", bool bearer = false) {
    headers = Headers(std::move(values));
    auto handshake = std::make_shared<Handshake>();
    handshake->token = own_token;
    handshake->bearer_header = bearer;
    const FilterChain::Answer answer = upgrade(*handshake);
    if (answer.fault != Fault::kNone) return answer.message;
    handshake->csrf_token = csrf;
    return join(handshake).message;
  }
  static std::map<std::string, std::string> page(const std::string& cookies,
                                                 const std::string& origin = kOrigin) {
    return {{"origin", origin}, {"host", "localhost:3000"}, {"cookie", cookies}};
  }
  std::string cookie(const std::string& token) { return std::string(kAccessCookie) + "=" + token; }
};

// Shows: R36 R37 S28
TEST_F(CookieChainTest, ACookieCountsWithItsCsrfToken) {
  const std::string good = cookie(grant.access_token);
  EXPECT_EQ(told(page("a=b; " + good), grant.csrf_token), "");
  EXPECT_EQ(last->principal->user_id, grant.user.id);
  EXPECT_EQ(told(page(good), ""), "CSRF_FAILED") << "whatever auth.csrf says";
  EXPECT_EQ(told(page(good), sign_up("bob").value.csrf_token), "CSRF_FAILED");
  EXPECT_EQ(told(page(""), grant.csrf_token), "NO_TOKEN");
  EXPECT_EQ(told(page(cookie("x")), grant.csrf_token), "AUTH_FAILED");
  EXPECT_EQ(told(page(good + "; " + good), grant.csrf_token), "AUTH_FAILED") << "tossed";
  EXPECT_EQ(told(page(std::string(kRefreshCookie) + "=" + grant.access_token), grant.csrf_token),
            "NO_TOKEN");
  EXPECT_EQ(told(page(cookie(grant.refresh_token)), grant.csrf_token), "AUTH_FAILED");
}

// Shows: R1 R36
TEST_F(CookieChainTest, NoCookieOfAForeignPageCounts) {
  const std::string good = cookie(grant.access_token);
  for (const char* origin :
       {"http://evil.example", "null", "", "http://localhost:3000.evil.example",
        "http://localhost:3000, http://evil.example"}) {
    EXPECT_EQ(told(page(good, origin), grant.csrf_token), "INVALID_ORIGIN") << origin;
    EXPECT_EQ(told(page(cookie("x"), origin), ""), "INVALID_ORIGIN") << "it tells nothing of it";
    EXPECT_EQ(told(page("", origin), ""), "INVALID_ORIGIN");
  }
}

// Shows: R2 R36
TEST_F(CookieChainTest, NoCookieOfANativeClientCounts) {
  const std::string good = cookie(grant.access_token);
  const std::map<std::string, std::string> native{{"host", "localhost:3000"}, {"cookie", good}};
  EXPECT_EQ(told(native, grant.csrf_token), "INVALID_ORIGIN");
  EXPECT_EQ(told(native, grant.csrf_token, "x", true), "AUTH_FAILED");
  policy.origin.allow_missing = true;
  chain->set_policy(policy);
  EXPECT_EQ(told(native, grant.csrf_token), "NO_TOKEN");
  EXPECT_EQ(told(native, "", grant.access_token, true), "") << "its own token does";
}

TEST_F(CookieChainTest, ASameOriginGetHasNoOriginHeader) {
  const std::string good = cookie(grant.access_token);
  EXPECT_EQ(told({{"host", "localhost:3000"}, {"cookie", good}, {"sec-fetch-site", "same-origin"}},
                 grant.csrf_token),
            "");
  EXPECT_EQ(told({{"host", "localhost:3000"}, {"cookie", good}, {"sec-fetch-site", "same-site"}},
                 grant.csrf_token),
            "INVALID_ORIGIN");
}

TEST_F(CookieChainTest, ATokenThatThePeerNamesStandsForIt) {
  const std::string good = cookie(grant.access_token);
  EXPECT_EQ(told(page(good), grant.csrf_token, "x"), "AUTH_FAILED") << "no cookie helps it";
  EXPECT_EQ(told(page(cookie("x")), "", grant.access_token), "") << "and needs no CSRF token";
  EXPECT_EQ(last->principal->user_id, grant.user.id);
}

// Shows: R9
TEST_F(CookieChainTest, TheOrderOfTheChecksIsTheUsualOne) {
  rate.configure(0, 60'000);
  EXPECT_EQ(told(page(cookie("x")), ""), "AUTH_FAILED");
  EXPECT_EQ(told(page(cookie(grant.access_token)), ""), "TOO_MANY_CONNECTIONS");
  EXPECT_EQ(told(page(cookie(grant.access_token), "http://evil.example"), ""), "INVALID_ORIGIN");
}

TEST_F(CookieChainTest, WithoutTheOptionCookiesAreNothing) {
  policy.cookies = false;
  EXPECT_EQ(told(page(cookie(grant.access_token)), grant.csrf_token), "NO_TOKEN");
  EXPECT_EQ(told(page(cookie(grant.access_token), "http://evil.example"), ""), "NO_TOKEN");
}

// Shows: R6
TEST_F(FilterChainTest, UpgradeRefusesTokensInTheQuery) {
  Handshake handshake;
  handshake.query = "EIO=4&token=" + grant.access_token;
  const FilterChain::Answer answer = upgrade(handshake);
  EXPECT_NE(answer.fault, Fault::kNone);
  EXPECT_EQ(answer.status, 400);
  EXPECT_EQ(answer.message.find(grant.access_token), std::string::npos);
}

// Shows: R1 S12
TEST_F(FilterChainTest, UpgradeJudgesTheOrigin) {
  Handshake handshake;
  EXPECT_EQ(upgrade(handshake).fault, Fault::kNone);
  EXPECT_EQ(handshake.origin_fault, Fault::kNone);
  EXPECT_EQ(handshake.origin, kOrigin);
  headers = Headers(std::map<std::string, std::string>{{"origin", "http://evil.example"}});
  EXPECT_EQ(upgrade(handshake).fault, Fault::kNone) << "told at the join";
  EXPECT_EQ(handshake.origin_fault, Fault::kInvalidOrigin);
  EXPECT_EQ(handshake.origin, "");
  policy.origin.strict = true;
  chain->set_policy(policy);
  const FilterChain::Answer answer = upgrade(handshake);
  EXPECT_EQ(answer.status, 403);
  EXPECT_EQ(answer.message, "INVALID_ORIGIN");
}

TEST_F(FilterChainTest, AMissingOriginIsLoggedOnce) {
  for (const bool allow : {false, true}) {
    {
      MutexLock lock(mutex);
      lines.clear();
    }
    policy.origin.allow_missing = allow;
    make();
    headers = Headers();
    for (int i = 0; i < 3; ++i) {
      Handshake handshake;
      upgrade(handshake);
      EXPECT_EQ(handshake.origin_fault == Fault::kNone, allow);
    }
    MutexLock lock(mutex);
    ASSERT_EQ(lines.size(), 1U);
    EXPECT_NE(lines[0].find("origin.allow_missing"), std::string::npos);
  }
}

// Shows: R103
TEST_F(FilterChainTest, UpgradeDenials) {
  int status = 0;
  add(0, [&](Handshake& handshake) {
    if (status != 0) {
      handshake.http_status = status;
      handshake.public_reason = "GO_AWAY";
    }
    return Verdict::kDeny;
  });
  Handshake handshake;
  EXPECT_EQ(upgrade(handshake).status, 403);
  EXPECT_EQ(upgrade(handshake).message, "FORBIDDEN");
  status = 429;
  EXPECT_EQ(upgrade(handshake).status, 429);
  EXPECT_EQ(upgrade(handshake).message, "GO_AWAY");
  status = 200;
  EXPECT_EQ(upgrade(handshake).status, 403) << "a refusal is no success";
}

// Shows: R7
TEST_F(FilterChainTest, AShardThatHasGoneDropsTheCompletion) {
  make();
  std::promise<void> dropped;
  chain->run_join(
      good(), [&dropped](const Task&) { dropped.set_value(); },
      [](const FilterChain::Answer&) { FAIL() << "the shard has gone"; });
  dropped.get_future().wait();
  real_database->close();
  chain.reset();
}

// Shows: R91 S42
TEST(ConnectErrors, Words) {
  EXPECT_EQ(connect_error_message(Fault::kInvalidNamespace), "Invalid namespace");
  EXPECT_EQ(connect_error_code(Fault::kInvalidNamespace), "INVALID_NAMESPACE");
  EXPECT_EQ(connect_error_message(Fault::kTokenReused), "AUTH_FAILED");
  EXPECT_EQ(connect_error_message(Fault::kNoToken), "NO_TOKEN");
  EXPECT_EQ(connect_error_message(Fault::kNone), "");
}

}  // namespace
}  // namespace securechat::auth
