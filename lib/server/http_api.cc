#include "server/http_api.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "auth/cookies.h"
#include "base/json.h"
#include "base/secret.h"
#include "base/text.h"
#include "server/api_audit.h"
#include "server/http_answers.h"
#include "server/json_body.h"
#include "server/request_fields.h"
#include "server/session_answers.h"

namespace securechat::server {
namespace {

using auth::Fault;

enum class Body { kNone, kRequired, kOptional };
enum class When { kAlways, kWithCookies };

constexpr std::string_view kCsrfHeader = "x-csrf-token";

Secret secret_of(const JsonBody& body, std::string_view key) {
  return Secret::take(body.text(key));
}

// What a request shows to prove who it is.
struct Shown {
  std::string token;
  bool cookie = false;  // It came by itself, with the browser's cookies.
};

Shown shown_cookie(const ApiCall& call, std::string_view name) {
  if (!call.cookies_count) return {};
  const std::string_view header = call.head.header("cookie").value_or(std::string_view());
  Shown shown{auth::find_cookie(header, name).credential()};
  shown.cookie = !shown.token.empty();
  return shown;
}

// A bearer stands for the request, also when it is wrong: no cookie is looked at beside it.
Shown shown_access(const ApiCall& call) {
  std::string bearer = bearer_of(call.head);
  return bearer.empty() ? shown_cookie(call, auth::kAccessCookie) : Shown{std::move(bearer)};
}

// What an ended session takes along: the cookies, unless the request named another session itself.
TokenCarrier carrier_of(const ApiCall& call, TokenCarrier mode) {
  return bearer_of(call.head).empty() ? mode : TokenCarrier::kBody;
}

// The token that shows that a page of this site asked.
std::string csrf_of(const ApiCall& call) {
  return std::string(call.head.header(kCsrfHeader).value_or(std::string_view()));
}

}  // namespace

// The handlers and their table. A handler gets a body that was checked as its row asks.
struct ApiRoutes {
  using Handler = void (*)(HttpApi&, ApiCall&, const std::optional<JsonBody>&);
  struct Route {
    std::string_view path;
    std::string_view method;
    Body body;
    Handler handle;
    When when;
  };

  using Respond = UniqueFunction<void(net::HttpResponse)>;

  // Counts an attempt under `key`. False, with the peer told, when the attempts are used up.
  static bool count_attempt(HttpApi& api, RateLimiter& limiter, std::string_view key,
                            Respond& respond) {
    const RateVerdict verdict = limiter.attempt(key, api.clock_.monotonic_ms());
    if (!verdict.allowed) respond(too_many_attempts(verdict, api.clock_.unix_ms()));
    return verdict.allowed;
  }

  // Registrations and logins of an address together.
  static bool count_address(HttpApi& api, ApiCall& call, const ApiAudit& audit) {
    if (count_attempt(api, api.auth_rate_, call.client.rate_key(), call.respond)) return true;
    audit.limited("auth_attempts");
    return false;
  }

  static void register_user(HttpApi& api, ApiCall& call, const std::optional<JsonBody>& body) {
    const ApiAudit audit(api.trail_, api.counters_, call);
    if (!count_address(api, call, audit)) return;
    api.accounts_.register_user(
        body->text("username"), body->text("email"), secret_of(*body, "password"),
        [&api, audit, respond = std::move(call.respond),
         tell = std::move(call.tell)](const auth::Outcome<auth::Grant>& outcome) mutable {
          audit.registered(outcome);
          if (outcome.fault == Fault::kRegistrationPending) {
            respond(done_answer(202, Fault::kNone));
            tell([&hook = api.registration_, news = outcome.value] {
              if (hook) hook(news.registered, news.user.id, news.user.email);
            });
          } else {
            respond(grant_answer(201, outcome, true, api.carrier_));
          }
        });
  }

  // The same answer as for an address that made too many attempts: it tells nothing of the account.
  static net::HttpResponse throttled(const HttpApi& api, std::int64_t retry_after_ms) {
    RateVerdict verdict = api.auth_rate_.peek({}, api.clock_.monotonic_ms());
    verdict.remaining = 0;
    verdict.retry_after_ms = retry_after_ms;
    verdict.reset_ms = retry_after_ms;
    return too_many_attempts(verdict, api.clock_.unix_ms());
  }

  static void login(HttpApi& api, ApiCall& call, const std::optional<JsonBody>& body) {
    const ApiAudit audit(api.trail_, api.counters_, call);
    if (!count_address(api, call, audit)) return;
    auth::LoginAttempt attempt{body->text("email"), secret_of(*body, "password"),
                               call.client.rate_key(), shown_access(call).token};
    api.accounts_.login(std::move(attempt), [&api, audit, respond = std::move(call.respond)](
                                                const auth::Outcome<auth::Grant>& outcome) mutable {
      audit.logged_in(outcome);
      respond(outcome.fault == Fault::kLoginThrottled
                  ? throttled(api, outcome.retry_after_ms)
                  : grant_answer(200, outcome, true, api.carrier_));
    });
  }

  // What keeps a refresh token that came as a cookie from being used.
  static Fault refuse_refresh_cookie(const HttpApi& api, const ApiCall& call,
                                     std::string_view token) {
    const auth::Verified verified = api.accounts_.verify_refresh(token);
    if (verified.fault != Fault::kNone) return verified.fault;
    return api.accounts_.csrf_ok(verified.claims.sid, csrf_of(call)) ? Fault::kNone
                                                                     : Fault::kCsrfFailed;
  }

  static void refresh(HttpApi& api, ApiCall& call, const std::optional<JsonBody>& body) {
    Shown shown{body->text("refreshToken")};
    if (shown.token.empty()) shown = shown_cookie(call, auth::kRefreshCookie);
    auto answer = [audit = ApiAudit(api.trail_, api.counters_, call), carrier = api.carrier_,
                   respond =
                       std::move(call.respond)](const auth::Outcome<auth::Grant>& outcome) mutable {
      audit.refreshed(outcome);
      respond(grant_answer(200, outcome, false, carrier));
    };
    const Fault fault = shown.cookie ? refuse_refresh_cookie(api, call, shown.token) : Fault::kNone;
    if (fault != Fault::kNone) {
      answer({fault, {}});
    } else {
      api.accounts_.refresh(std::move(shown.token), std::move(answer));
    }
  }

  static void refuse(HttpApi& api, Respond& respond, Fault fault) {
    api.counters_.refusals.add(fault_code(fault));
    respond(fault_answer(fault));
  }

  // Runs `then` with the principal of the request's access token; without a valid one answers 401.
  // A cookie that changes something needs the session's CSRF token beside it.
  template <typename Then>
  static void with_session(HttpApi& api, ApiCall& call, Then then) {
    Shown shown = shown_access(call);
    const bool needs_csrf = shown.cookie && call.head.method == "POST";
    api.accounts_.authenticate(
        std::move(shown.token),
        [&api, needs_csrf, csrf = csrf_of(call), respond = std::move(call.respond),
         then = std::move(then)](const auth::Outcome<auth::Principal>& outcome) mutable {
          Fault fault = outcome.fault;
          if (fault == Fault::kNone) {
            if (!needs_csrf || api.accounts_.csrf_ok(outcome.value.sid, csrf)) {
              then(outcome.value, std::move(respond));
              return;
            }
            fault = Fault::kCsrfFailed;
          } else if (fault != Fault::kBusy && fault != Fault::kInternal) {
            fault = Fault::kUnauthorized;
          }
          refuse(api, respond, fault);
        });
  }

  static void logout(HttpApi& api, ApiCall& call, const std::optional<JsonBody>& body) {
    ApiAudit audit(api.trail_, api.counters_, call);
    Shown shown{body ? body->text("refreshToken") : std::string()};
    // The access token's life may be over before the session's.
    if (shown.token.empty() && bearer_of(call.head).empty()) {
      shown = shown_cookie(call, auth::kRefreshCookie);
    }
    if (!shown.token.empty()) {
      logout_by_refresh(api, call, audit, std::move(shown));
      return;
    }
    const TokenCarrier carrier = carrier_of(call, api.carrier_);
    with_session(api, call, [&api, audit, carrier](const auth::Principal& who, Respond respond) {
      api.accounts_.logout(who.sid, [audit, carrier, user_id = who.user_id, sid = who.sid,
                                     respond = std::move(respond)](Fault fault) mutable {
        audit.logged_out(fault, user_id, sid);
        respond(logout_answer(fault, carrier));
      });
    });
  }

  static void logout_by_refresh(HttpApi& api, ApiCall& call, const ApiAudit& audit, Shown shown) {
    const TokenCarrier carrier = shown.cookie ? TokenCarrier::kCookies : TokenCarrier::kBody;
    auto answer = [audit, carrier, respond = std::move(call.respond)](Fault fault) mutable {
      audit.logged_out(fault, {}, {});
      respond(logout_answer(fault, carrier));
    };
    const Fault fault = shown.cookie ? refuse_refresh_cookie(api, call, shown.token) : Fault::kNone;
    if (fault != Fault::kNone) {
      answer(fault);
    } else {
      api.accounts_.logout_by_refresh(std::move(shown.token), std::move(answer));
    }
  }

  static void logout_all(HttpApi& api, ApiCall& call, const std::optional<JsonBody>& /*body*/) {
    ApiAudit audit(api.trail_, api.counters_, call);
    const TokenCarrier carrier = carrier_of(call, api.carrier_);
    with_session(api, call, [&api, audit, carrier](const auth::Principal& who, Respond respond) {
      api.accounts_.logout_all(who.user_id, [audit, carrier, user_id = who.user_id, sid = who.sid,
                                             respond = std::move(respond)](Fault fault) mutable {
        audit.logged_out(fault, user_id, sid);
        respond(logout_answer(fault, carrier));
      });
    });
  }

  static void change_password(HttpApi& api, ApiCall& call, const std::optional<JsonBody>& body) {
    with_session(
        api, call,
        [&api, audit = ApiAudit(api.trail_, api.counters_, call),
         current = secret_of(*body, "currentPassword"),
         replacement = secret_of(*body, "newPassword"),
         address = call.client.rate_key()](const auth::Principal& who, Respond respond) mutable {
          if (!count_attempt(api, api.password_rate_, who.user_id, respond)) {
            audit.limited("password_attempts");
            return;
          }
          api.accounts_.change_password(
              {who, std::move(current), std::move(replacement), std::move(address)},
              [&api, audit, user_id = who.user_id, sid = who.sid,
               respond = std::move(respond)](const auth::Outcome<std::monostate>& outcome) mutable {
                if (outcome.fault == Fault::kLoginThrottled) {
                  audit.throttled();
                  respond(throttled(api, outcome.retry_after_ms));
                } else {
                  audit.password_changed(outcome.fault, user_id, sid);
                  respond(done_answer(200, outcome.fault));
                }
              });
        });
  }

  static void me(HttpApi& api, ApiCall& call, const std::optional<JsonBody>& /*body*/) {
    with_session(api, call, [](const auth::Principal& who, Respond respond) {
      std::string body;
      JsonWriter(body)
          .begin_object()
          .key("user")
          .begin_object()
          .key("id")
          .string(who.user_id)
          .key("username")
          .string(who.username)
          .key("email")
          .string(who.email)
          .key("role")
          .string(who.role)
          .end_object()
          .end_object();
      respond(json_answer(200, std::move(body)));
    });
  }

  // For a page that was just opened: the tokens are out of its reach, this one it must send. Told
  // to pages of accepted origins only; the access token's life may be over before the session's.
  static void csrf(HttpApi& api, ApiCall& call, const std::optional<JsonBody>& /*body*/) {
    auth::Verified verified = api.accounts_.verify(shown_cookie(call, auth::kAccessCookie).token);
    if (verified.fault == Fault::kNoToken || verified.fault == Fault::kTokenExpired) {
      verified = api.accounts_.verify_refresh(shown_cookie(call, auth::kRefreshCookie).token);
    }
    if (verified.fault != Fault::kNone) {
      refuse(api, call.respond, Fault::kUnauthorized);
      return;
    }
    const Result<std::string> token = api.accounts_.issue_csrf(verified.claims.sid);
    if (!token.ok()) {
      refuse(api, call.respond, Fault::kInternal);
      return;
    }
    std::string answer;
    JsonWriter(answer).begin_object().key("csrfToken").string(*token).end_object();
    call.respond(json_answer(200, std::move(answer)));
  }

  static constexpr std::array kRoutes{
      Route{"/api/auth/register", "POST", Body::kRequired, register_user, When::kAlways},
      Route{"/api/auth/login", "POST", Body::kRequired, login, When::kAlways},
      Route{"/api/auth/refresh", "POST", Body::kRequired, refresh, When::kAlways},
      Route{"/api/auth/logout", "POST", Body::kOptional, logout, When::kAlways},
      Route{"/api/auth/logout-all", "POST", Body::kOptional, logout_all, When::kAlways},
      Route{"/api/auth/password", "POST", Body::kRequired, change_password, When::kAlways},
      Route{"/api/auth/me", "GET", Body::kNone, me, When::kAlways},
      Route{"/api/auth/csrf", "GET", Body::kNone, csrf, When::kWithCookies},
  };

  static const Route* find(const HttpApi& api, std::string_view path) {
    const bool cookies = api.carrier_ == TokenCarrier::kCookies;
    const auto route = std::find_if(kRoutes.begin(), kRoutes.end(), [&](const Route& row) {
      return row.path == path && (cookies || row.when == When::kAlways);
    });
    return route == kRoutes.end() ? nullptr : route;
  }
};

bool HttpApi::serves(std::string_view path) const {
  return ApiRoutes::find(*this, path) != nullptr;
}

void HttpApi::handle(ApiCall call) {
  const ApiRoutes::Route* route = ApiRoutes::find(*this, call.head.path);
  if (route == nullptr) {
    call.respond(status_answer(404));
    return;
  }
  if (call.head.method != route->method) {
    net::HttpResponse response = status_answer(405);
    response.headers.emplace_back("Allow", std::string(route->method) + ", OPTIONS");
    call.respond(std::move(response));
    return;
  }
  std::optional<JsonBody> body;
  const bool has_body = !call.body.empty();
  if (route->body == Body::kRequired || (route->body == Body::kOptional && has_body)) {
    if (!is_json_type(call.head.header("content-type"))) {
      call.respond(status_answer(415));
      return;
    }
    body = JsonBody::parse(call.body);
    wipe(call.body);
    if (!body) {
      call.respond(error_answer(400, "Invalid JSON", "INVALID_JSON"));
      return;
    }
  }
  route->handle(*this, call, body);
}

}  // namespace securechat::server
