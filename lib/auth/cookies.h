#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace securechat::auth {

// The cookies of auth.cookies=on. A browser takes a cookie of the prefix __Host- from this very
// host alone, over TLS (loopback counts as such), for all paths, so that neither a sibling domain
// nor a page without TLS can plant one (RFC 6265bis section 4.1.3.2).
inline constexpr std::string_view kAccessCookie = "__Host-securechat";
inline constexpr std::string_view kRefreshCookie = "__Host-securechat-refresh";

// What a Cookie header has under a name. Refused: it came twice, which no browser does with these,
// among more than a browser keeps, or with a value that no token has. What is refused is there, and
// wrong: nothing else takes its place.
struct Cookie {
  enum class State { kAbsent, kGood, kRefused };
  State state = State::kAbsent;
  std::string_view value = {};  // Borrowed from the header; only when good.

  // As a credential: empty when absent, what no token is when refused.
  [[nodiscard]] std::string credential() const;
};
[[nodiscard]] Cookie find_cookie(std::string_view header, std::string_view name);

// The values of Set-Cookie headers: out of reach of scripts, for requests of this site's own pages
// only, also when somebody follows a link to them; gone after `max_age_s`, or at once.
[[nodiscard]] std::string set_cookie(std::string_view name, std::string_view value,
                                     std::int64_t max_age_s);
[[nodiscard]] std::string clear_cookie(std::string_view name);

}  // namespace securechat::auth
