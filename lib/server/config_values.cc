#include "server/config_values.h"

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <system_error>

#include "base/ip_address.h"
#include "base/text.h"

namespace securechat::server {
namespace {

constexpr std::size_t kLongestValue = 64 * 1024;
constexpr std::size_t kShown = 80;

Status refuse(const Option& option, std::string_view value, std::string_view why) {
  std::string message(option.key);
  if (option.type != OptionType::kSecret) message += ": \"" + printable(value) + "\"";
  message += " ";
  message += why;
  return {Code::kInvalid, message};
}

Status refuse(const Option& option, std::string_view value) {
  return refuse(option, value, "is not accepted; give " + accepted_values(option));
}

std::string duration_text(std::int64_t ms) {
  if (ms % 86'400'000 == 0) return std::to_string(ms / 86'400'000) + "d";
  if (ms % 1000 == 0) return std::to_string(ms / 1000) + "s";
  return std::to_string(ms) + "ms";
}

bool has_control(std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    if (is_control(next_code_point(text, at))) return true;
  }
  return false;
}

bool is_choice(std::string_view choices, std::string_view value) {
  while (true) {
    const std::size_t bar = choices.find('|');
    if (choices.substr(0, bar) == value) return !value.empty();
    if (bar == std::string_view::npos) return false;
    choices.remove_prefix(bar + 1);
  }
}

std::string joined(const std::vector<std::string_view>& entries) {
  std::string text;
  for (const std::string_view entry : entries) {
    if (!text.empty()) text += ',';
    text += entry;
  }
  return text;
}

Result<std::string> normal_number(const Option& option, std::string_view value) {
  const bool duration = option.type == OptionType::kDuration;
  const std::optional<std::int64_t> number =
      duration ? parse_duration_ms(value) : parse_integer(value);
  if (!number || *number < option.minimum || *number > option.maximum) {
    return refuse(option, value);
  }
  return duration ? std::string(value) : std::to_string(*number);
}

Result<std::string> normal_list(const Option& option, std::string_view value) {
  const std::vector<std::string_view> entries = split_list(value);
  for (const std::string_view entry : entries) {
    if (option.type == OptionType::kOrigins) {
      const std::string_view fault = origin_fault(entry);
      if (!fault.empty()) return refuse(option, entry, fault);
    } else if (option.type == OptionType::kCidrs) {
      if (!Cidr::parse(entry)) return refuse(option, entry);
    } else if (!is_choice(option.choices, entry)) {
      return refuse(option, entry);
    }
  }
  return joined(entries);
}

// Texts with a syntax of their own.
Result<std::string> normal_text(const Option& option, std::string_view value) {
  if (option.key == "listen.host") {
    if (value == "localhost") return std::string("127.0.0.1");
    if (!IpAddress::parse(value)) {
      return refuse(option, value, "is not an address; give an IPv4 or IPv6 address or localhost");
    }
  }
  if (!option.key.ends_with(".path")) return std::string(value);
  if (!value.starts_with('/') || value.find_first_of("?#% \\\"") != std::string_view::npos) {
    return refuse(option, value, "is not a path; it must begin with / and hold no ? # % or space");
  }
  std::string path(value);
  if (option.key == "engine.path" && !path.ends_with('/')) path += '/';
  return path;
}

}  // namespace

std::string printable(std::string_view text) {
  const bool cut = text.size() > kShown;
  std::string shown;
  for (const char c : text.substr(0, kShown)) {
    shown += static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? ' ' : c;
  }
  if (!is_utf8(shown)) {
    for (char& c : shown) {
      if (static_cast<unsigned char>(c) >= 0x80) c = '?';
    }
  }
  return cut ? shown + "..." : shown;
}

std::optional<std::int64_t> parse_integer(std::string_view text) {
  std::int64_t value = 0;
  const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || rest != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<bool> parse_flag(std::string_view text) {
  const std::string word = ascii_lower(text);
  if (word == "true" || word == "on" || word == "yes" || word == "1") return true;
  if (word == "false" || word == "off" || word == "no" || word == "0") return false;
  return std::nullopt;
}

std::vector<std::string_view> split_list(std::string_view text) {
  std::vector<std::string_view> entries;
  while (true) {
    const std::size_t comma = text.find(',');
    const std::string_view entry = trim_ascii(text.substr(0, comma));
    if (!entry.empty()) entries.push_back(entry);
    if (comma == std::string_view::npos) return entries;
    text.remove_prefix(comma + 1);
  }
}

std::string accepted_values(const Option& option) {
  switch (option.type) {
    case OptionType::kInteger:
      return "a number from " + std::to_string(option.minimum) + " to " +
             std::to_string(option.maximum);
    case OptionType::kDuration:
      return "a duration such as 250ms, 30s, 15m, 1h or 7d, from " + duration_text(option.minimum) +
             " to " + duration_text(option.maximum);
    case OptionType::kFlag:
      return option.default_value.starts_with('o') ? "on or off" : "true or false";
    case OptionType::kChoice:
    case OptionType::kList: {
      std::string words = option.type == OptionType::kList ? "a comma list of " : "one of ";
      for (const char c : option.choices) c == '|' ? words += ", " : words += c;
      return words;
    }
    case OptionType::kCidrs:
      return "addresses or blocks such as 10.0.0.0/8, separated by commas";
    case OptionType::kOrigins:
      return "origins such as https://chat.example.com, separated by commas";
    default:
      return "text";
  }
}

Result<std::string> normal_value(const Option& option, std::string_view value) {
  // The HMAC key is the string's bytes as given; every other value is UTF-8 text.
  if (value.size() > kLongestValue) return refuse(option, value, "is longer than 64 KiB");
  if (option.type == OptionType::kSecret) return std::string(value);
  if (!is_utf8(value)) return refuse(option, value, "is not UTF-8 text");
  value = trim_ascii(value);
  if (has_control(value)) return refuse(option, value, "holds control characters; remove them");
  switch (option.type) {
    case OptionType::kInteger:
    case OptionType::kDuration:
      return normal_number(option, value);
    case OptionType::kFlag: {
      const std::optional<bool> flag = parse_flag(value);
      if (!flag) return refuse(option, value);
      if (option.default_value.starts_with('o')) return std::string(*flag ? "on" : "off");
      return std::string(*flag ? "true" : "false");
    }
    case OptionType::kChoice:
      if (!is_choice(option.choices, value)) return refuse(option, value);
      return std::string(value);
    case OptionType::kOrigins:
    case OptionType::kCidrs:
    case OptionType::kList:
      return normal_list(option, value);
    case OptionType::kText:
      return normal_text(option, value);
    default:
      return std::string(value);
  }
}

}  // namespace securechat::server
