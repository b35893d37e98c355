#include "auth/origin.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>

#include "base/ip_address.h"

namespace securechat::auth {
namespace {

constexpr std::size_t kMaxHostBytes = 253;
constexpr int kMaxPort = 65'535;

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_lower(char c) {
  return c >= 'a' && c <= 'z';
}

bool is_scheme(std::string_view text) {
  return !text.empty() && is_lower(text.front()) &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return is_lower(c) || is_digit(c) || c == '+' || c == '-' || c == '.';
         });
}

bool is_bracketed_ipv6(std::string_view text) {
  return text.size() > 2 && text.front() == '[' && text.back() == ']' &&
         text.find(':') != std::string_view::npos &&
         IpAddress::parse(text.substr(1, text.size() - 2)).has_value();
}

bool is_host_name(std::string_view text) {
  return !text.empty() && text.size() <= kMaxHostBytes && text.front() != '.' &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return is_lower(c) || is_digit(c) || c == '-' || c == '.' || c == '_';
         });
}

bool is_port(std::string_view text) {
  int port = 0;
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), port);
  return !text.empty() && text.front() != '0' && std::all_of(text.begin(), text.end(), is_digit) &&
         fault == std::errc() && port >= 1 && port <= kMaxPort;
}

// The host of host[:port]; brackets stay.
std::string_view host_of(std::string_view authority) {
  const std::size_t after_brackets =
      authority.starts_with('[') ? std::min(authority.find(']'), authority.size()) : 0;
  return authority.substr(0, authority.find(':', after_brackets));
}

bool cannot_be_rebound(std::string_view origin) {
  const std::string_view host = host_of(origin.substr(origin.find("://") + 3));
  return host == "localhost" || is_bracketed_ipv6(host) || IpAddress::parse(host).has_value();
}

std::optional<std::string_view> header(const Handshake& handshake, std::string_view name) {
  return handshake.headers == nullptr ? std::nullopt : handshake.headers->header(name);
}

// scheme://Host of the request; empty when the Host would not make an origin.
std::string own_origin(const Handshake& handshake) {
  std::string origin(handshake.tls ? "https://" : "http://");
  origin.append(header(handshake, "host").value_or(std::string_view()));
  return is_origin(origin) ? origin : std::string();
}

// The origin of a URL; empty when it has none.
std::string_view origin_of_url(std::string_view url) {
  const std::size_t host = url.find("://");
  if (host == std::string_view::npos) {
    return {};
  }
  const std::string_view origin = url.substr(0, url.find_first_of("/?#", host + 3));
  return is_origin(origin) ? origin : std::string_view();
}

// Of a request without an Origin header: the origin of the page that a browser vouches for.
std::string implied_origin(const OriginPolicy& policy, const Handshake& handshake) {
  std::string own = own_origin(handshake);
  const auto counts = [&](std::string_view origin) {
    return !origin.empty() &&
           (origin_listed(policy, origin) ||
            (origin == own && (policy.allowed.empty() || cannot_be_rebound(origin))));
  };
  if (header(handshake, "sec-fetch-site") == "same-origin" && counts(own)) {
    return own;
  }
  const std::string_view referer =
      origin_of_url(header(handshake, "referer").value_or(std::string_view()));
  return counts(referer) ? std::string(referer) : std::string();
}

}  // namespace

bool is_origin(std::string_view text) {
  const std::size_t colon = text.find("://");
  if (colon == std::string_view::npos || !is_scheme(text.substr(0, colon))) {
    return false;
  }
  const std::string_view authority = text.substr(colon + 3);
  const std::string_view host = host_of(authority);
  const std::string_view rest = authority.substr(host.size());
  return (is_bracketed_ipv6(host) || is_host_name(host)) &&
         (rest.empty() || (rest.front() == ':' && is_port(rest.substr(1))));
}

bool origin_listed(const OriginPolicy& policy, std::string_view origin) {
  return std::find(policy.allowed.begin(), policy.allowed.end(), origin) != policy.allowed.end();
}

OriginJudgement judge_origin(const OriginPolicy& policy, const Handshake& handshake) {
  if (const std::optional<std::string_view> origin = header(handshake, "origin")) {
    // "null", two values joined by a comma, spaces and controls are no origins, whatever is listed.
    const bool good =
        is_origin(*origin) && (policy.allowed.empty() ? *origin == own_origin(handshake)
                                                      : origin_listed(policy, *origin));
    return good ? OriginJudgement{OriginVerdict::kAccepted, std::string(*origin)}
                : OriginJudgement{};
  }
  if (std::string implied = implied_origin(policy, handshake); !implied.empty()) {
    return {OriginVerdict::kAccepted, std::move(implied)};
  }
  // A browser shows a certificate of its own accord, and says then that it is a browser.
  const bool certified = handshake.certificate && !header(handshake, "sec-fetch-site");
  if (handshake.bearer_header || certified) {
    return {OriginVerdict::kNative, {}};
  }
  return {policy.allow_missing ? OriginVerdict::kMissingAllowed : OriginVerdict::kMissing, {}};
}

Fault check_origin(const OriginPolicy& policy, const Handshake& handshake) {
  switch (judge_origin(policy, handshake).verdict) {
    case OriginVerdict::kMissing:
    case OriginVerdict::kRefused:
      return Fault::kInvalidOrigin;
    default:
      return Fault::kNone;
  }
}

}  // namespace securechat::auth
