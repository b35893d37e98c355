#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "auth/fault.h"
#include "auth/filter_chain.h"
#include "base/rate_limiter.h"
#include "net/request.h"

namespace securechat::server {

[[nodiscard]] net::HttpResponse json_answer(int status, std::string body);
// {"error":"text","code":"CODE"}, the only form of an error.
[[nodiscard]] net::HttpResponse error_answer(int status, std::string_view text,
                                             std::string_view code);
// The table of docs/protocol.md: what each fault of an account operation looks like over HTTP.
// The word that stands for a fault, as in the answer's `code`.
[[nodiscard]] std::string_view fault_code(auth::Fault fault);
[[nodiscard]] net::HttpResponse fault_answer(auth::Fault fault);
// 413, 415, 404, 405, 426, ...: what a refused request looks like.
[[nodiscard]] net::HttpResponse status_answer(int status);
[[nodiscard]] net::HttpResponse too_many_attempts(const RateVerdict& verdict, std::int64_t unix_ms);

// Adds what lets a page of a listed origin read the answer: `Vary: Origin` always, the origin
// echoed only when it is listed.
// `origin` is the request's Origin header. With `policy.credentials` also what cookies asked for.
void add_cors(net::HttpResponse& response, std::optional<std::string_view> origin,
              const auth::OriginPolicy& policy);
// The answer to an OPTIONS request.
[[nodiscard]] net::HttpResponse preflight_answer(const auth::OriginPolicy& policy);

}  // namespace securechat::server
