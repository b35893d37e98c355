#include "server/session_answers.h"

#include <string>
#include <utility>

#include "auth/cookies.h"
#include "base/json.h"
#include "server/http_answers.h"

namespace securechat::server {
namespace {

using auth::Fault;

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

void add_cookie(net::HttpResponse& response, std::string text) {
  response.headers.emplace_back("Set-Cookie", std::move(text));
}

}  // namespace

net::HttpResponse grant_answer(int status, const auth::Outcome<auth::Grant>& outcome,
                               bool with_user, TokenCarrier carrier) {
  if (!outcome.ok()) return fault_answer(outcome.fault);
  const auth::Grant& grant = outcome.value;
  std::string body;
  JsonWriter json(body);
  json.begin_object().key("success").boolean(true);
  if (carrier == TokenCarrier::kBody) {
    json.key("accessToken").string(grant.access_token);
    json.key("refreshToken").string(grant.refresh_token);
  }
  json.key("csrfToken").string(grant.csrf_token).key("expiresIn").integer(grant.expires_in_s);
  if (with_user) append_user(json, grant.user);
  json.end_object();
  net::HttpResponse response = json_answer(status, std::move(body));
  if (carrier == TokenCarrier::kCookies) {
    add_cookie(response,
               auth::set_cookie(auth::kAccessCookie, grant.access_token, grant.expires_in_s));
    add_cookie(response, auth::set_cookie(auth::kRefreshCookie, grant.refresh_token,
                                          grant.refresh_expires_in_s));
  }
  return response;
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

net::HttpResponse logout_answer(Fault fault, TokenCarrier carrier) {
  net::HttpResponse response = done_answer(204, fault);
  if (fault == Fault::kNone && carrier == TokenCarrier::kCookies) {
    add_cookie(response, auth::clear_cookie(auth::kAccessCookie));
    add_cookie(response, auth::clear_cookie(auth::kRefreshCookie));
  }
  return response;
}

}  // namespace securechat::server
