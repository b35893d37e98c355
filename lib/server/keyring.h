#pragma once

#include <memory>

#include "auth/accounts.h"
#include "base/status.h"
#include "server/config.h"

namespace securechat::server {

// The keys that the configuration names, read from their files: those of auth.keys_file, then the
// two secrets, which are for tokens without `kid`; or the public keys of an external issuer.
// kInvalid names the option and the cure, and never shows a key.
Result<std::shared_ptr<const auth::Keyring>> make_keyring(const Config& config);

}  // namespace securechat::server
