#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "net/request.h"

namespace securechat::server {

// The value of a parameter of a raw query; its bytes, not decoded. Engine.IO's are plain.
[[nodiscard]] std::optional<std::string_view> query_parameter(std::string_view query,
                                                              std::string_view name);
// The token of an Authorization: Bearer header; empty when there is none.
[[nodiscard]] std::string bearer_of(const net::RequestHead& head);

}  // namespace securechat::server
