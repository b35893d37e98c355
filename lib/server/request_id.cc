#include "server/request_id.h"

#include <algorithm>

namespace securechat::server {
namespace {

constexpr std::size_t kMaxLength = 64;
// 12 characters, which a std::string holds without memory of its own.
constexpr std::size_t kRandomBytes = 9;

bool well_formed(std::string_view id) {
  return !id.empty() && id.size() <= kMaxLength && std::ranges::all_of(id, [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '_' || c == '-';
  });
}

}  // namespace

std::string request_id(const net::RequestHead& head, bool trusted, RandomPool& ids) {
  if (trusted) {
    const std::optional<std::string_view> given = head.sole_header("x-request-id");
    if (given && well_formed(*given)) return std::string(*given);
  }
  Result<std::string> fresh = ids.base64url(kRandomBytes);
  return fresh.ok() ? *std::move(fresh) : "unnamed";
}

}  // namespace securechat::server
