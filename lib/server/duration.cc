#include <charconv>
#include <cstdint>
#include <optional>
#include <string_view>
#include <system_error>

#include "server/options.h"

namespace securechat::server {
namespace {

struct Unit {
  std::string_view suffix;
  std::int64_t ms;
};

constexpr Unit kUnits[] = {{"", 1000},    {"ms", 1},        {"s", 1000},
                           {"m", 60'000}, {"h", 3'600'000}, {"d", 86'400'000}};

}  // namespace

std::optional<std::int64_t> parse_duration_ms(std::string_view text) {
  std::uint32_t count = 0;
  const char* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, count);
  if (error != std::errc() || rest == text.data()) return std::nullopt;
  const std::string_view suffix(rest, static_cast<std::size_t>(end - rest));
  for (const Unit& unit : kUnits) {
    if (suffix == unit.suffix) return std::int64_t{count} * unit.ms;
  }
  return std::nullopt;
}

}  // namespace securechat::server
