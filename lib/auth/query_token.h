#pragma once

#include <string_view>

namespace securechat::auth {

// Whether a URL's query has a parameter that is meant for a token: `token`, `access_token` or
// `auth`, in any case and also percent-encoded. URLs end in logs and histories.
[[nodiscard]] bool query_has_token(std::string_view query);

}  // namespace securechat::auth
