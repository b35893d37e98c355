#include "server/certificate_principal.h"

#include "auth/rules.h"

namespace securechat::server {

std::optional<auth::Principal> principal_of(const net::PeerCertificate& certificate) {
  // As many digits of the digest as the id of an account has; the colon keeps the two apart.
  constexpr std::size_t kIdDigits = 32;
  if (!auth::is_display_name(certificate.common_name)) return std::nullopt;
  auth::Principal principal;
  principal.user_id = "cert:" + certificate.digest.substr(0, kIdDigits);
  principal.username = certificate.common_name;
  if (auth::has_only_visible_text(certificate.email)) principal.email = certificate.email;
  principal.expires_at_s = certificate.expires_at_s;
  return principal;
}

}  // namespace securechat::server
