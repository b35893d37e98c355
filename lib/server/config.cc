#include "server/config.h"

#include <stdexcept>
#include <utility>

#include "base/secret.h"
#include "base/text.h"
#include "server/config_values.h"

namespace securechat::server {
namespace {

Status unknown_key(std::string_view key) {
  return {Code::kInvalid, "\"" + printable(key) + "\" is not an option; the nearest one is " +
                              std::string(nearest_option(key))};
}

const Option& require(std::string_view key) {
  const Option* const option = find_option(key);
  if (option == nullptr) throw std::logic_error("no option " + std::string(key));
  return *option;
}

const Option& require(std::string_view key, OptionType type) {
  const Option& option = require(key);
  if (option.type != type) throw std::logic_error("another type has " + std::string(key));
  return option;
}

}  // namespace

Config::Config() = default;
Config::Config(const Config&) = default;
Config::Config(Config&&) noexcept = default;

Config& Config::operator=(const Config& other) {
  if (this != &other) *this = Config(other);
  return *this;
}

Config& Config::operator=(Config&& other) noexcept {
  values_.swap(other.values_);
  return *this;
}

Config::~Config() {
  for (auto& [key, value] : values_) {
    const Option* const option = find_option(key);
    if (option != nullptr && option->type == OptionType::kSecret) wipe(value);
  }
}

Status Config::set(std::string_view key, std::string_view value) {
  const Option* const option = find_option(key);
  if (option == nullptr) return unknown_key(key);
  Result<std::string> normal = normal_value(*option, value);
  if (!normal.ok()) return normal.status();
  std::string& place = values_[std::string(key)];
  if (option->type == OptionType::kSecret) wipe(place);
  place = *std::move(normal);
  return {};
}

Result<std::string> Config::get(std::string_view key) const {
  const Option* const option = find_option(key);
  if (option == nullptr) return unknown_key(key);
  return std::string(value_of(*option));
}

bool Config::is_set(std::string_view key) const {
  return values_.contains(key);
}

std::string_view Config::value_of(const Option& option) const {
  const auto found = values_.find(option.key);
  return found == values_.end() ? option.default_value : std::string_view(found->second);
}

std::vector<std::string> Config::without_effect() const {
  std::vector<std::string> keys;
  for (const Option& option : option_table()) {
    if (!option.has_effect && value_of(option) != option.default_value) {
      keys.emplace_back(option.key);
    }
  }
  return keys;
}

std::string Config::text(std::string_view key) const {
  return std::string(value_of(require(key)));
}

std::int64_t Config::integer(std::string_view key) const {
  return parse_integer(value_of(require(key, OptionType::kInteger))).value();
}

std::int64_t Config::duration_ms(std::string_view key) const {
  return parse_duration_ms(value_of(require(key, OptionType::kDuration))).value();
}

bool Config::flag(std::string_view key) const {
  return parse_flag(value_of(require(key, OptionType::kFlag))).value();
}

std::vector<std::string> Config::list(std::string_view key) const {
  const Option& option = require(key);
  if (option.type != OptionType::kOrigins && option.type != OptionType::kCidrs &&
      option.type != OptionType::kList) {
    throw std::logic_error("no list is " + std::string(key));
  }
  std::vector<std::string> entries;
  for (const std::string_view entry : split_list(value_of(option))) entries.emplace_back(entry);
  return entries;
}

}  // namespace securechat::server
