#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/status.h"

namespace securechat::server {

enum class OptionType {
  kText,
  kSecret,
  kPath,
  kInteger,
  kDuration,
  kFlag,
  kChoice,
  kOrigins,
  kCidrs,
  kList
};

// One row of the table that drives the configuration file, the environment, --help and the C API.
struct Option {
  std::string_view key;  // "listen.port"
  OptionType type;
  std::string_view default_value;
  std::string_view
      environment;           // The bare name ("PORT"), or empty; SECURECHAT_LISTEN_PORT works too.
  std::string_view help;     // One sentence.
  std::int64_t minimum = 0;  // kInteger; kDuration in milliseconds.
  std::int64_t maximum = 0;
  std::string_view choices = {};  // kChoice: "off|required".
  bool has_effect = true;   // False: accepted and validated, but this version does nothing with it.
  bool reloadable = false;  // Takes effect on reload without a restart.
};

[[nodiscard]] std::span<const Option> option_table();
[[nodiscard]] const Option* find_option(std::string_view key);
// The nearest key of the table to a mistyped one.
[[nodiscard]] std::string_view nearest_option(std::string_view key);
[[nodiscard]] std::string_view type_name(OptionType type);
// The environment name with the prefix: SECURECHAT_LISTEN_PORT.
[[nodiscard]] std::string prefixed_environment(const Option& option);

// "15m", "1h", "7d", "250ms", a bare number of seconds; milliseconds, or nothing.
[[nodiscard]] std::optional<std::int64_t> parse_duration_ms(std::string_view text);

}  // namespace securechat::server
