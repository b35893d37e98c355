#include "net/request.h"

namespace securechat::net {

std::optional<std::string_view> RequestHead::header(std::string_view lower_case_name) const {
  for (const auto& [name, value] : headers) {
    if (name == lower_case_name) return value;
  }
  return std::nullopt;
}

}  // namespace securechat::net
