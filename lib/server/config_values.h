#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "server/options.h"

namespace securechat::server {

// The value as the configuration keeps it: white space around it and around list entries removed,
// flags in the words of their default. kInvalid names the key, the value and what is accepted; the
// value of a secret is never shown.
Result<std::string> normal_value(const Option& option, std::string_view value);

[[nodiscard]] std::optional<std::int64_t> parse_integer(std::string_view text);
// true, on, yes, 1; false, off, no, 0.
[[nodiscard]] std::optional<bool> parse_flag(std::string_view text);
// The entries of a comma list, trimmed, empty ones left out; views into `text`.
[[nodiscard]] std::vector<std::string_view> split_list(std::string_view text);
// What is wrong with `text` as an origin (scheme://host[:port], as a browser sends it), and the
// cure; empty when nothing is.
[[nodiscard]] std::string_view origin_fault(std::string_view text);
// What an option accepts: "a number from 0 to 65535", "one of off, required".
[[nodiscard]] std::string accepted_values(const Option& option);
// Text from outside for a message: cut, one line, without control characters.
[[nodiscard]] std::string printable(std::string_view text);

}  // namespace securechat::server
