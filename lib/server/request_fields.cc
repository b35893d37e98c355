#include "server/request_fields.h"

#include <algorithm>

#include "base/text.h"

namespace securechat::server {

std::optional<std::string_view> query_parameter(std::string_view query, std::string_view name) {
  while (!query.empty()) {
    const std::size_t end = std::min(query.find('&'), query.size());
    const std::string_view pair = query.substr(0, end);
    const std::size_t equals = std::min(pair.find('='), pair.size());
    if (pair.substr(0, equals) == name) {
      return pair.substr(std::min(equals + 1, pair.size()));
    }
    query = query.substr(std::min(end + 1, query.size()));
  }
  return std::nullopt;
}

std::string bearer_of(const net::RequestHead& head) {
  constexpr std::string_view kScheme = "bearer ";
  const std::string_view value = head.header("authorization").value_or(std::string_view());
  if (!equals_ignore_case(value.substr(0, kScheme.size()), kScheme)) return {};
  return std::string(trim_ascii(value.substr(kScheme.size())));
}

}  // namespace securechat::server
