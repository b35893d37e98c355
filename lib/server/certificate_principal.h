#pragma once

#include <optional>

#include "auth/principal.h"
#include "net/peer_certificate.h"

namespace securechat::server {

// Who a client certificate is in the chat: its common name is the username, issuer and subject as
// a whole the id, so that a certificate renewed by the same authority is the same user. It has no
// account and no login session; the session ends when the certificate does. Nothing when the common
// name is none that others may be shown.
[[nodiscard]] std::optional<auth::Principal> principal_of(const net::PeerCertificate& certificate);

}  // namespace securechat::server
