#include "server/http_api.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "base/json.h"
#include "base/secret.h"
#include "base/text.h"
#include "server/api_audit.h"
#include "server/http_answers.h"
#include "server/json_body.h"
#include "server/request_fields.h"

namespace securechat::server {
namespace {

using auth::Fault;

enum class Body { kNone, kRequired, kOptional };

void append_user(JsonWriter& json, const storage::User& user) {
  json.key("user")
      .begin_object()
      .key("id")
      .string(user.id)
      .key("username")
      .string(user.username)
      .key("email")
      .string(user.email)
      .end_object();
}

net::HttpResponse grant_answer(int status, const auth::Outcome<auth::Grant>& outcome,
                               bool with_user) {
  if (!outcome.ok()) return fault_answer(outcome.fault);
  const auth::Grant& grant = outcome.value;
  std::string body;
  JsonWriter json(body);
  json.begin_object()
      .key("success")
      .boolean(true)
      .key("accessToken")
      .string(grant.access_token)
      .key("refreshToken")
      .string(grant.refresh_token)
      .key("csrfToken")
      .string(grant.csrf_token)
      .key("expiresIn")
      .integer(grant.expires_in_s);
  if (with_user) append_user(json, grant.user);
  json.end_object();
  return json_answer(status, std::move(body));
}

net::HttpResponse done_answer(int status, Fault fault) {
  if (fault != Fault::kNone) return fault_answer(fault);
  if (status == 204) {
    net::HttpResponse response;
    response.status = 204;
    response.headers.emplace_back("Cache-Control", "no-store");
    return response;
  }
  return json_answer(status, R"({"success":true})");
}

Secret secret_of(const JsonBody& body, std::string_view key) {
  return Secret::take(body.text(key));
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
    const ApiAudit audit(api.trail_, call);
    if (!count_address(api, call, audit)) return;
    api.accounts_.register_user(
        body->text("username"), body->text("email"), secret_of(*body, "password"),
        [audit,
         respond = std::move(call.respond)](const auth::Outcome<auth::Grant>& outcome) mutable {
          audit.registered(outcome);
          respond(grant_answer(201, outcome, true));
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
    const ApiAudit audit(api.trail_, call);
    if (!count_address(api, call, audit)) return;
    auth::LoginAttempt attempt{body->text("email"), secret_of(*body, "password"),
                               call.client.rate_key(), bearer_of(call.head)};
    api.accounts_.login(std::move(attempt), [&api, audit, respond = std::move(call.respond)](
                                                const auth::Outcome<auth::Grant>& outcome) mutable {
      audit.logged_in(outcome);
      respond(outcome.fault == Fault::kLoginThrottled ? throttled(api, outcome.retry_after_ms)
                                                      : grant_answer(200, outcome, true));
    });
  }

  static void refresh(HttpApi& api, ApiCall& call, const std::optional<JsonBody>& body) {
    api.accounts_.refresh(body->text("refreshToken"),
                          [audit = ApiAudit(api.trail_, call), respond = std::move(call.respond)](
                              const auth::Outcome<auth::Grant>& outcome) mutable {
                            audit.refreshed(outcome);
                            respond(grant_answer(200, outcome, false));
                          });
  }

  // Runs `then` with the principal of the request's bearer; without a valid one answers 401.
  template <typename Then>
  static void with_bearer(HttpApi& api, ApiCall& call, Then then) {
    api.accounts_.authenticate(bearer_of(call.head),
                               [respond = std::move(call.respond), then = std::move(then)](
                                   const auth::Outcome<auth::Principal>& outcome) mutable {
                                 switch (outcome.fault) {
                                   case Fault::kNone:
                                     then(outcome.value, std::move(respond));
                                     return;
                                   case Fault::kBusy:
                                   case Fault::kInternal:
                                     respond(fault_answer(outcome.fault));
                                     return;
                                   default:
                                     respond(fault_answer(Fault::kUnauthorized));
                                     return;
                                 }
                               });
  }

  static void logout(HttpApi& api, ApiCall& call, const std::optional<JsonBody>& body) {
    ApiAudit audit(api.trail_, call);
    const std::string token = body ? body->text("refreshToken") : std::string();
    if (!token.empty()) {
      api.accounts_.logout_by_refresh(
          token, [audit, respond = std::move(call.respond)](Fault fault) mutable {
            audit.logged_out(fault, {}, {});
            respond(done_answer(204, fault));
          });
      return;
    }
    with_bearer(api, call, [&api, audit](const auth::Principal& who, Respond respond) {
      api.accounts_.logout(who.sid, [audit, user_id = who.user_id, sid = who.sid,
                                     respond = std::move(respond)](Fault fault) mutable {
        audit.logged_out(fault, user_id, sid);
        respond(done_answer(204, fault));
      });
    });
  }

  static void logout_all(HttpApi& api, ApiCall& call, const std::optional<JsonBody>& /*body*/) {
    ApiAudit audit(api.trail_, call);
    with_bearer(api, call, [&api, audit](const auth::Principal& who, Respond respond) {
      api.accounts_.logout_all(who.user_id, [audit, user_id = who.user_id, sid = who.sid,
                                             respond = std::move(respond)](Fault fault) mutable {
        audit.logged_out(fault, user_id, sid);
        respond(done_answer(204, fault));
      });
    });
  }

  static void change_password(HttpApi& api, ApiCall& call, const std::optional<JsonBody>& body) {
    with_bearer(
        api, call,
        [&api, audit = ApiAudit(api.trail_, call), current = secret_of(*body, "currentPassword"),
         replacement = secret_of(*body, "newPassword")](const auth::Principal& who,
                                                        Respond respond) mutable {
          if (!count_attempt(api, api.password_rate_, who.user_id, respond)) {
            audit.limited("password_attempts");
            return;
          }
          api.accounts_.change_password(who, std::move(current), std::move(replacement),
                                        [respond = std::move(respond)](Fault fault) mutable {
                                          respond(done_answer(200, fault));
                                        });
        });
  }

  static void me(HttpApi& api, ApiCall& call, const std::optional<JsonBody>& /*body*/) {
    with_bearer(api, call, [](const auth::Principal& who, Respond respond) {
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

  static constexpr std::array kRoutes{
      Route{"/api/auth/register", "POST", Body::kRequired, register_user},
      Route{"/api/auth/login", "POST", Body::kRequired, login},
      Route{"/api/auth/refresh", "POST", Body::kRequired, refresh},
      Route{"/api/auth/logout", "POST", Body::kOptional, logout},
      Route{"/api/auth/logout-all", "POST", Body::kOptional, logout_all},
      Route{"/api/auth/password", "POST", Body::kRequired, change_password},
      Route{"/api/auth/me", "GET", Body::kNone, me},
  };

  static const Route* find(std::string_view path) {
    const auto route = std::find_if(kRoutes.begin(), kRoutes.end(),
                                    [path](const Route& row) { return row.path == path; });
    return route == kRoutes.end() ? nullptr : route;
  }
};

bool HttpApi::serves(std::string_view path) const {
  return ApiRoutes::find(path) != nullptr;
}

void HttpApi::handle(ApiCall call) {
  const ApiRoutes::Route* route = ApiRoutes::find(call.head.path);
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
