#pragma once

#include <libwebsockets.h>

#include <cstddef>

namespace securechat::net {

// What libwebsockets calls for everything that happens: the only switch over its reasons.
int on_lws_event(lws* wsi, lws_callback_reasons reason, void* user, void* in, std::size_t length);

}  // namespace securechat::net
