#include "server/http_answers.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/json.h"

namespace securechat::server {
namespace {

struct FaultAnswer {
  auth::Fault fault;
  int status;
  std::string_view text;
  std::string_view code;
};

using auth::Fault;
constexpr std::array kFaultAnswers{
    FaultAnswer{Fault::kInvalidEmail, 400, "Invalid email", "INVALID_EMAIL"},
    FaultAnswer{Fault::kPasswordTooShort, 400, "Password min 8 chars", "PASSWORD_TOO_SHORT"},
    FaultAnswer{Fault::kPasswordNeedsCase, 400, "Need upper and lowercase", "PASSWORD_NEEDS_CASE"},
    FaultAnswer{Fault::kPasswordNeedsNumber, 400, "Need number", "PASSWORD_NEEDS_NUMBER"},
    FaultAnswer{Fault::kPasswordUnder15, 400, "Password min 15 chars", "PASSWORD_TOO_SHORT"},
    FaultAnswer{Fault::kPasswordCommon, 400, "Password too common", "PASSWORD_COMMON"},
    FaultAnswer{Fault::kPasswordNamesOwner, 400, "Password too close to your name or email",
                "PASSWORD_NAMES_OWNER"},
    FaultAnswer{Fault::kPasswordTooLong, 400, "Password too long", "PASSWORD_TOO_LONG"},
    FaultAnswer{Fault::kPasswordInvalid, 400, "Invalid password", "INVALID_PASSWORD"},
    FaultAnswer{Fault::kInvalidUsername, 400, "Invalid username", "INVALID_USERNAME"},
    FaultAnswer{Fault::kEmailExists, 409, "Email exists", "EMAIL_EXISTS"},
    FaultAnswer{Fault::kUsernameExists, 409, "Username exists", "USERNAME_EXISTS"},
    FaultAnswer{Fault::kInvalidCredentials, 401, "Invalid credentials", "INVALID_CREDENTIALS"},
    FaultAnswer{Fault::kUnauthorized, 401, "Unauthorized", "UNAUTHORIZED"},
    FaultAnswer{Fault::kNoToken, 401, "Invalid refresh token", "INVALID_TOKEN"},
    FaultAnswer{Fault::kTokenExpired, 401, "Invalid refresh token", "TOKEN_EXPIRED"},
    FaultAnswer{Fault::kTokenReused, 401, "Invalid refresh token", "TOKEN_REUSED"},
    FaultAnswer{Fault::kTooManyAttempts, 429, "Too many attempts", "TOO_MANY_ATTEMPTS"},
    FaultAnswer{Fault::kLoginThrottled, 429, "Too many attempts", "TOO_MANY_ATTEMPTS"},
    FaultAnswer{Fault::kTokenInvalid, 401, "Invalid refresh token", "INVALID_TOKEN"},
    FaultAnswer{Fault::kCsrfFailed, 403, "Invalid CSRF token", "CSRF_FAILED"},
    FaultAnswer{Fault::kForbidden, 403, "Forbidden", "FORBIDDEN"},
    FaultAnswer{Fault::kBusy, 503, "Server busy", "BUSY"},
};

struct StatusAnswer {
  int status;
  std::string_view text;
  std::string_view code;
};

constexpr std::array kStatusAnswers{
    StatusAnswer{400, "Bad request", "BAD_REQUEST"},
    StatusAnswer{403, "Forbidden", "FORBIDDEN"},
    StatusAnswer{404, "Not found", "NOT_FOUND"},
    StatusAnswer{405, "Method not allowed", "METHOD_NOT_ALLOWED"},
    StatusAnswer{408, "Request timeout", "REQUEST_TIMEOUT"},
    StatusAnswer{411, "Length required", "LENGTH_REQUIRED"},
    StatusAnswer{413, "Payload too large", "PAYLOAD_TOO_LARGE"},
    StatusAnswer{414, "URI too long", "URI_TOO_LONG"},
    StatusAnswer{415, "Unsupported media type", "UNSUPPORTED_MEDIA_TYPE"},
    StatusAnswer{417, "Expectation failed", "EXPECTATION_FAILED"},
    StatusAnswer{426, "Upgrade required", "UPGRADE_REQUIRED"},
    StatusAnswer{429, "Too many requests", "TOO_MANY_REQUESTS"},
    StatusAnswer{431, "Request header fields too large", "HEADERS_TOO_LARGE"},
    StatusAnswer{500, "Internal error", "INTERNAL"},
    StatusAnswer{501, "Not implemented", "NOT_IMPLEMENTED"},
    StatusAnswer{503, "Server busy", "BUSY"},
    StatusAnswer{505, "HTTP version not supported", "HTTP_VERSION"},
};

std::int64_t seconds_up(std::int64_t ms) {
  return (ms + 999) / 1000;
}

}  // namespace

net::HttpResponse json_answer(int status, std::string body) {
  net::HttpResponse response;
  response.status = status;
  response.content_type = "application/json; charset=utf-8";
  response.body = std::move(body);
  response.headers.emplace_back("Cache-Control", "no-store");
  return response;
}

net::HttpResponse error_answer(int status, std::string_view text, std::string_view code) {
  std::string body;
  JsonWriter(body).begin_object().key("error").string(text).key("code").string(code).end_object();
  net::HttpResponse response = json_answer(status, std::move(body));
  if (status == 503) response.headers.emplace_back("Retry-After", "1");
  return response;
}

std::string_view fault_code(auth::Fault fault) {
  const auto found = std::find_if(kFaultAnswers.begin(), kFaultAnswers.end(),
                                  [fault](const FaultAnswer& row) { return row.fault == fault; });
  return found == kFaultAnswers.end() ? "INTERNAL" : found->code;
}

net::HttpResponse fault_answer(auth::Fault fault) {
  const auto found = std::find_if(kFaultAnswers.begin(), kFaultAnswers.end(),
                                  [fault](const FaultAnswer& row) { return row.fault == fault; });
  if (found == kFaultAnswers.end()) return status_answer(500);
  net::HttpResponse response = error_answer(found->status, found->text, found->code);
  if (found->status == 429) response.headers.emplace_back("Retry-After", "60");
  return response;
}

net::HttpResponse status_answer(int status) {
  const auto found =
      std::find_if(kStatusAnswers.begin(), kStatusAnswers.end(),
                   [status](const StatusAnswer& row) { return row.status == status; });
  if (found == kStatusAnswers.end()) return error_answer(status, "Bad request", "BAD_REQUEST");
  net::HttpResponse response = error_answer(status, found->text, found->code);
  if (status == 426) {
    response.headers.emplace_back("Sec-WebSocket-Version", "13");
    response.headers.emplace_back("Upgrade", "websocket");
  }
  return response;
}

net::HttpResponse too_many_attempts(const RateVerdict& verdict, std::int64_t unix_ms) {
  net::HttpResponse response = error_answer(429, "Too many attempts", "TOO_MANY_ATTEMPTS");
  response.headers.emplace_back("Retry-After", std::to_string(seconds_up(verdict.retry_after_ms)));
  response.headers.emplace_back("X-RateLimit-Limit", std::to_string(verdict.limit));
  response.headers.emplace_back("X-RateLimit-Remaining", std::to_string(verdict.remaining));
  response.headers.emplace_back("X-RateLimit-Reset",
                                std::to_string(seconds_up(unix_ms + verdict.reset_ms)));
  return response;
}

void add_cors(net::HttpResponse& response, std::optional<std::string_view> origin,
              const auth::OriginPolicy& policy) {
  response.headers.emplace_back("Vary", "Origin");
  if (origin && auth::origin_listed(policy, *origin)) {
    response.headers.emplace_back("Access-Control-Allow-Origin", std::string(*origin));
    if (policy.credentials)
      response.headers.emplace_back("Access-Control-Allow-Credentials", "true");
  }
}

net::HttpResponse preflight_answer(const auth::OriginPolicy& policy) {
  net::HttpResponse response;
  response.status = 204;
  response.headers = {{"Access-Control-Allow-Methods", "GET, POST, OPTIONS"},
                      {"Access-Control-Allow-Headers",
                       policy.credentials ? "Content-Type, Authorization, X-CSRF-Token"
                                          : "Content-Type, Authorization"},
                      {"Access-Control-Max-Age", "600"}};
  return response;
}

}  // namespace securechat::server
