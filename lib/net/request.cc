#include "net/request.h"

#include <algorithm>

namespace securechat::net {

std::optional<std::string_view> RequestHead::header(std::string_view lower_case_name) const {
  for (const auto& [name, value] : headers) {
    if (name == lower_case_name) return value;
  }
  return std::nullopt;
}

std::optional<std::string_view> RequestHead::sole_header(std::string_view lower_case_name) const {
  if (std::ranges::find(repeated, lower_case_name) != repeated.end()) return std::nullopt;
  return header(lower_case_name);
}

}  // namespace securechat::net
