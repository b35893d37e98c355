#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "audit/trail.h"
#include "auth/accounts.h"
#include "base/clock.h"
#include "base/ip_address.h"
#include "base/rate_limiter.h"
#include "base/task.h"
#include "net/request.h"
#include "server/counters.h"
#include "server/hooks.h"
#include "server/session_answers.h"

namespace securechat::server {

// One request to the API and the way back. `respond` may be called on any thread, once.
struct ApiCall {
  net::RequestHead head;
  std::string body;
  IpAddress client;
  std::string name;  // The request's id, as in its answer.
  // Cookies are in use, and a browser vouches for a page of an accepted origin.
  bool cookies_count = false;
  UniqueFunction<void(net::HttpResponse)> respond;
  // Runs on the shard's thread what the host is to hear. Any thread.
  UniqueFunction<void(Task)> tell;
};

// The HTTP API (docs/protocol.md): which path takes which method, and what each does. Lives on
// one shard; answers may come later.
class HttpApi {
 public:
  // References must outlive the API and every answer.
  // `auth_rate` counts registrations and logins of an address, `password_rate` guesses at a user's
  // current password, which may come from many addresses.
  HttpApi(auth::Accounts& accounts, RateLimiter& auth_rate, RateLimiter& password_rate,
          const Clock& clock, audit::Trail& trail, TokenCarrier carrier, ApiCounters& counters,
          RegistrationHook& registration)
      : accounts_(accounts),
        auth_rate_(auth_rate),
        password_rate_(password_rate),
        clock_(clock),
        trail_(trail),
        carrier_(carrier),
        counters_(counters),
        registration_(registration) {}

  [[nodiscard]] bool serves(std::string_view path) const;
  void handle(ApiCall call);

 private:
  friend struct ApiRoutes;
  auth::Accounts& accounts_;
  RateLimiter& auth_rate_;
  RateLimiter& password_rate_;
  const Clock& clock_;
  audit::Trail& trail_;
  const TokenCarrier carrier_;
  ApiCounters& counters_;
  RegistrationHook& registration_;
};

}  // namespace securechat::server
