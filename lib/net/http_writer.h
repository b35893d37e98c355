#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "net/request.h"

namespace securechat::net {

using HeaderList = std::vector<std::pair<std::string, std::string>>;

// The phrase of RFC 9110 for a status; empty for one that it does not list.
[[nodiscard]] std::string_view reason_phrase(int status);

// Appends the whole answer: status line, the headers that every answer carries, its own,
// Content-Length, and the body unless the request was HEAD. A header value or name with a line end
// is left out, so that no text of a handler can forge a header.
void append_response(std::string& out, const HttpResponse& response, const HeaderList& common,
                     bool head_only, bool close);

}  // namespace securechat::net
