#include "server/client_address.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <string_view>
#include <system_error>

#include "base/text.h"

namespace securechat::server {
namespace {

bool is_trusted(const std::vector<Cidr>& trusted, const IpAddress& address) {
  return std::any_of(trusted.begin(), trusted.end(),
                     [&address](const Cidr& block) { return block.contains(address); });
}

bool is_port(std::string_view text) {
  unsigned port = 0;
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), port);
  return fault == std::errc() && end == text.data() + text.size() && port <= 65'535;
}

// What proxies write: an address, or one with a port, 192.0.2.1:4711 and [2001:db8::1]:4711; the
// brackets may stand without a port.
std::optional<IpAddress> forwarded_address(std::string_view entry) {
  std::string_view port;
  const std::size_t bracket = entry.starts_with('[') ? entry.find(']') : std::string_view::npos;
  if (bracket != std::string_view::npos) {
    port = entry.substr(bracket + 1);
    entry = entry.substr(1, bracket - 1);
    if (entry.find(':') == std::string_view::npos) return std::nullopt;
  } else if (const std::size_t colon = entry.find(':');
             colon != std::string_view::npos && colon == entry.rfind(':')) {
    port = entry.substr(colon);
    entry = entry.substr(0, colon);
  }
  if (!port.empty() && !(port.front() == ':' && is_port(port.substr(1)))) return std::nullopt;
  return IpAddress::parse(entry);
}

}  // namespace

bool from_trusted_proxy(const net::RequestHead& head, const std::vector<Cidr>& trusted) {
  return is_trusted(trusted, head.peer);
}

bool client_uses_tls(const net::RequestHead& head, const std::vector<Cidr>& trusted) {
  return head.tls || (is_trusted(trusted, head.peer) &&
                      head.sole_header("x-forwarded-proto") == std::string_view("https"));
}

const net::PeerCertificate* client_certificate(const net::RequestHead& head,
                                               const std::vector<Cidr>& trusted) {
  return head.certificate && !is_trusted(trusted, head.peer) ? &*head.certificate : nullptr;
}

IpAddress client_address(const net::RequestHead& head, const std::vector<Cidr>& trusted) {
  if (!is_trusted(trusted, head.peer)) return head.peer;
  const std::optional<std::string_view> forwarded = head.header("x-forwarded-for");
  if (!forwarded) return head.peer;
  IpAddress nearest = head.peer;
  std::string_view rest = *forwarded;
  while (!rest.empty()) {
    const std::size_t comma = rest.rfind(',');
    const std::string_view entry =
        trim_ascii(comma == std::string_view::npos ? rest : rest.substr(comma + 1));
    const std::optional<IpAddress> address = forwarded_address(entry);
    if (!address) return head.peer;
    nearest = *address;
    if (!is_trusted(trusted, nearest) || comma == std::string_view::npos) break;
    rest = rest.substr(0, comma);
  }
  return nearest.is_loopback() ? head.peer : nearest;
}

bool comes_from_loopback(const net::RequestHead& head, const std::vector<Cidr>& trusted) {
  const bool forwarded =
      is_trusted(trusted, head.peer) && head.header("x-forwarded-for").has_value();
  return head.peer.is_loopback() && !forwarded;
}

}  // namespace securechat::server
