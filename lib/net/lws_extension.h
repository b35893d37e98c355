#pragma once

#include <libwebsockets.h>

#include <cstddef>
#include <string_view>

// What makes libwebsockets let permessage-deflate through. Its own coder mishandles small messages
// (4.1), its handshake takes no parameter with a value, and hangs up on a second offer; so that it
// is shown one bare offer, and its answer is completed. It hands payloads over as they came.
namespace securechat::net {

#if defined(LWS_WITHOUT_EXTENSIONS)
inline constexpr bool kLwsHasExtensions = false;
#else
inline constexpr bool kLwsHasExtensions = true;
#endif

// It hangs up when the offers of a handshake are longer than this.
inline constexpr std::size_t kLwsOfferBytes = 250;

// For a context that is to accept offers; ends with an empty entry.
[[nodiscard]] const lws_extension* deflate_extensions();

// Lets libwebsockets read `name` as all that the handshake in its hands offers; empty: nothing.
// False when that cannot be done, and it may read what the peer sent.
[[nodiscard]] bool narrow_offers(lws* wsi, std::string_view name);

// Puts the parameters, as "; name=value", behind the bare extension that `answer` ends with. False
// when it does not, or when there is no room.
[[nodiscard]] bool add_parameters(lws_process_html_args& answer, std::string_view parameters);

}  // namespace securechat::net
