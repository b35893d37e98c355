#include "auth/cookies.h"

#include <algorithm>

namespace securechat::auth {
namespace {

constexpr std::size_t kMaxPairs = 200;  // Browsers keep 180 of a domain at most.
constexpr std::size_t kMaxValueBytes = 4'096;
// The page that a link leads to is a file like any other; what it asks for afterwards comes from
// this site, with the cookies. So Lax would give nothing that Strict takes.
constexpr std::string_view kAttributes = "; Path=/; Secure; HttpOnly; SameSite=Strict; Max-Age=";

// Tokens are base64url and dots.
bool is_token_text(std::string_view text) {
  return !text.empty() && text.size() <= kMaxValueBytes &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  c == '-' || c == '_' || c == '.';
         });
}

}  // namespace

std::string Cookie::credential() const {
  return state == State::kRefused ? "refused" : std::string(value);
}

// Pairs are parted by "; " (RFC 6265 section 4.2.1). No other space is skipped and no quotes are
// undone: a name counts byte for byte, or " __Host-securechat" would pass for the one that browsers
// guard.
Cookie find_cookie(std::string_view header, std::string_view name) {
  Cookie found;
  for (std::size_t pairs = 0; !header.empty(); ++pairs) {
    if (pairs == kMaxPairs) return {Cookie::State::kRefused};
    const std::size_t end = std::min(header.find(';'), header.size());
    const std::string_view pair = header.substr(0, end);
    header.remove_prefix(std::min(end + 1, header.size()));
    if (header.starts_with(' ')) header.remove_prefix(1);
    const std::size_t equals = std::min(pair.find('='), pair.size());
    if (pair.substr(0, equals) != name) continue;
    const std::string_view value = pair.substr(std::min(equals + 1, pair.size()));
    if (found.state != Cookie::State::kAbsent || !is_token_text(value)) {
      return {Cookie::State::kRefused};
    }
    found = {Cookie::State::kGood, value};
  }
  return found;
}

std::string set_cookie(std::string_view name, std::string_view value, std::int64_t max_age_s) {
  std::string text(name);
  text.append("=").append(value).append(kAttributes).append(std::to_string(max_age_s));
  return text;
}

std::string clear_cookie(std::string_view name) {
  return set_cookie(name, {}, 0);
}

}  // namespace securechat::auth
