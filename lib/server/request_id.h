#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/random_pool.h"
#include "net/request.h"

namespace securechat::server {

inline constexpr std::string_view kRequestIdHeader = "X-Request-Id";

// What names a request in its answer and in the logs: the id that a trusted proxy gave it, when it
// came once and is 1 to 64 characters of A-Z a-z 0-9 . _ -, else a new one. `trusted`: the TCP peer
// is such a proxy; of anybody else an id says nothing, and could be that of another request.
[[nodiscard]] std::string request_id(const net::RequestHead& head, bool trusted, RandomPool& ids);

}  // namespace securechat::server
