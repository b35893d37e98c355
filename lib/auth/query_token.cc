#include "auth/query_token.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <string>

#include "base/text.h"

namespace securechat::auth {
namespace {

constexpr std::array<std::string_view, 3> kNames{"token", "access_token", "auth"};

// Percent-decoded; an escape that is none stands for itself.
std::string decoded(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    unsigned char byte = 0;
    const std::string_view digits = text.substr(i).substr(0, 3);
    if (digits.size() == 3 && digits.front() == '%') {
      const auto [end, fault] = std::from_chars(digits.data() + 1, digits.data() + 3, byte, 16);
      if (fault == std::errc() && end == digits.data() + 3) {
        out.push_back(static_cast<char>(byte));
        i += 2;
        continue;
      }
    }
    out.push_back(text[i]);
  }
  return out;
}

}  // namespace

bool query_has_token(std::string_view query) {
  while (!query.empty()) {
    const std::size_t end = std::min(query.find('&'), query.size());
    const std::string_view pair = query.substr(0, end);
    const std::string name = ascii_lower(decoded(pair.substr(0, pair.find('='))));
    if (std::find(kNames.begin(), kNames.end(), name) != kNames.end()) {
      return true;
    }
    query.remove_prefix(std::min(end + 1, query.size()));
  }
  return false;
}

}  // namespace securechat::auth
