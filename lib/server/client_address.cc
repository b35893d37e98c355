#include "server/client_address.h"

#include <algorithm>
#include <optional>
#include <string_view>

#include "base/text.h"

namespace securechat::server {
namespace {

bool is_trusted(const std::vector<Cidr>& trusted, const IpAddress& address) {
  return std::any_of(trusted.begin(), trusted.end(),
                     [&address](const Cidr& block) { return block.contains(address); });
}

}  // namespace

bool from_trusted_proxy(const net::RequestHead& head, const std::vector<Cidr>& trusted) {
  return is_trusted(trusted, head.peer);
}

bool client_uses_tls(const net::RequestHead& head, const std::vector<Cidr>& trusted) {
  return head.tls || (is_trusted(trusted, head.peer) &&
                      head.header("x-forwarded-proto") == std::string_view("https"));
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
    const std::optional<IpAddress> address = IpAddress::parse(entry);
    if (!address) return head.peer;
    nearest = *address;
    if (!is_trusted(trusted, nearest) || comma == std::string_view::npos) return nearest;
    rest = rest.substr(0, comma);
  }
  return nearest;
}

}  // namespace securechat::server
