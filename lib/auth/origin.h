#pragma once

#include <string>

#include "auth/filter_chain.h"

namespace securechat::auth {

enum class OriginVerdict {
  kAccepted,
  kNative,          // No origin, but a bearer header, which no page can set on a WebSocket, or a
                    // client certificate, and no browser that shows it.
  kMissingAllowed,  // No origin; origin.allow_missing lets it pass.
  kMissing,
  kRefused,
};

struct OriginJudgement {
  OriginVerdict verdict = OriginVerdict::kRefused;
  std::string origin;  // What the peer counts as, when accepted.
};

// check_origin with its reasons.
//
// An Origin header counts as it stands: it is listed, or, with an empty list, it is the request's
// own origin (scheme://Host). A browser leaves the header out of a same-origin GET. There
// `Sec-Fetch-Site: same-origin`, which pages cannot set, names the request's own origin, and a
// Referer names its page's. A listed one passes, and so does the own origin when the list is empty
// or the Host is an IP address or localhost: those are names that DNS rebinding cannot bend to
// this server, so that such a page was served here. Under another name the list decides.
[[nodiscard]] OriginJudgement judge_origin(const OriginPolicy& policy, const Handshake& handshake);

}  // namespace securechat::auth
