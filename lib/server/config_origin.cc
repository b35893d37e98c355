#include <algorithm>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/ip_address.h"
#include "server/config_values.h"

namespace securechat::server {
namespace {

bool is_lower(char c) {
  return c >= 'a' && c <= 'z';
}
bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool is_scheme(std::string_view text) {
  return !text.empty() && is_lower(text.front()) && std::ranges::all_of(text, [](char c) {
    return is_lower(c) || is_digit(c) || c == '+' || c == '-' || c == '.';
  });
}

bool is_host(std::string_view text) {
  if (text.starts_with('[') && text.ends_with(']')) {
    const std::optional<IpAddress> address = IpAddress::parse(text.substr(1, text.size() - 2));
    return address && text.find(':') != std::string_view::npos;
  }
  return !text.empty() && text.size() <= 253 && text.front() != '.' && text.front() != '-' &&
         std::ranges::all_of(text, [](char c) {
           return is_lower(c) || is_digit(c) || c == '-' || c == '.' || c == '_';
         });
}

bool is_port(std::string_view text) {
  const std::optional<std::int64_t> port = parse_integer(text);
  return port && *port >= 1 && *port <= 65'535 && is_digit(text.front()) && text.front() != '0';
}

}  // namespace

// A browser's Origin is compared byte for byte, so that anything it would never send is a mistake
// that is better found at start than by users who cannot connect.
std::string_view origin_fault(std::string_view text) {
  constexpr std::string_view kShape =
      "is not an origin; write it as https://host or http://host:port";
  if (text == "*") return "would let every page in; list the origins, such as https://host";
  const std::size_t colon = text.find("://");
  if (colon == std::string_view::npos) return kShape;
  const std::string_view scheme = text.substr(0, colon);
  std::string_view host = text.substr(colon + 3);
  if (std::ranges::any_of(text, [](char c) { return c >= 'A' && c <= 'Z'; })) {
    return "must be in lower case, as browsers send it";
  }
  if (!is_scheme(scheme)) return kShape;
  if (host.find_first_of("/?#") != std::string_view::npos) {
    return "must end after the host or port, without a path or a slash";
  }
  const std::size_t port_at = host.find(':', host.starts_with('[') ? host.find(']') : 0);
  if (port_at != std::string_view::npos) {
    const std::string_view port = host.substr(port_at + 1);
    if (!is_port(port)) return "has a port that is not a number from 1 to 65535";
    if ((scheme == "http" && port == "80") || (scheme == "https" && port == "443")) {
      return "must be written without the port, which is the scheme's own, as browsers send it";
    }
    host = host.substr(0, port_at);
  }
  return is_host(host) ? std::string_view() : kShape;
}

}  // namespace securechat::server
