#pragma once

#include "auth/accounts.h"
#include "net/request.h"

namespace securechat::server {

// How tokens reach a client: in the body, or, with auth.cookies, as cookies alone, because a script
// that can read an answer could send the tokens away.
enum class TokenCarrier { kBody, kCookies };

// The answer to register, login and refresh. `with_user` adds who it is.
[[nodiscard]] net::HttpResponse grant_answer(int status, const auth::Outcome<auth::Grant>& outcome,
                                             bool with_user, TokenCarrier carrier);
// 200 or 202 {success}, or 204 without a body.
[[nodiscard]] net::HttpResponse done_answer(int status, auth::Fault fault);
// 204, or what was wrong. A session that has ended takes its cookies along.
[[nodiscard]] net::HttpResponse logout_answer(auth::Fault fault, TokenCarrier carrier);

}  // namespace securechat::server
