#pragma once

#include <string>

#include "net/request.h"
#include "protocol/engine_io.h"

// What an Engine.IO server answers over HTTP, as the reference does: content types, no-store.
namespace securechat::connection {

// The answer to a poll: packets joined by the record separator.
[[nodiscard]] net::HttpResponse poll_answer(std::string payload);
// The answer to a POST whose packets were taken: "ok".
[[nodiscard]] net::HttpResponse post_answer();
[[nodiscard]] net::HttpResponse engine_error_answer(int status,
                                                    const protocol::engine_io::Error& error);

}  // namespace securechat::connection
