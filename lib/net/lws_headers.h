#pragma once

#include <libwebsockets.h>

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "net/lws_request.h"

// The parts that reading known and unknown headers share.
namespace securechat::net {

struct LwsMethod {
  lws_token_indexes token;
  const char* name;
};

inline constexpr std::array kLwsMethods = {
    LwsMethod{WSI_TOKEN_GET_URI, "GET"},         LwsMethod{WSI_TOKEN_POST_URI, "POST"},
    LwsMethod{WSI_TOKEN_HEAD_URI, "HEAD"},       LwsMethod{WSI_TOKEN_CONNECT, "CONNECT"},
#if defined(LWS_WITH_HTTP_UNCOMMON_HEADERS)
    LwsMethod{WSI_TOKEN_OPTIONS_URI, "OPTIONS"}, LwsMethod{WSI_TOKEN_PUT_URI, "PUT"},
    LwsMethod{WSI_TOKEN_PATCH_URI, "PATCH"},     LwsMethod{WSI_TOKEN_DELETE_URI, "DELETE"},
#endif
};

// One per time that the header came. Path and query are in several pieces, too.
std::vector<std::string> header_fragments(lws* wsi, lws_token_indexes token);

void add_header(HeadReading& reading, std::string name, const std::vector<std::string>& values);

// The headers that libwebsockets has no token for; after all others.
void read_custom_headers(lws* wsi, HeadReading& reading);

}  // namespace securechat::net
