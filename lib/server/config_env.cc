#include <cstddef>
#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>

#include "base/secret.h"
#include "base/text.h"
#include "server/config.h"
#include "server/config_source.h"
#include "server/config_values.h"

namespace securechat::server {
namespace {

// The option that a variable names, and whether by its prefixed name.
const Option* option_of_variable(std::string_view name, bool& prefixed) {
  for (const Option& option : option_table()) {
    prefixed = name == prefixed_environment(option);
    if (prefixed || (!option.environment.empty() && name == option.environment)) return &option;
  }
  return nullptr;
}

bool is_variable_name(std::string_view text) {
  if (text.empty() || (text.front() >= '0' && text.front() <= '9')) return false;
  for (const char c : text) {
    const bool letter = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_';
    if (!letter && !(c >= '0' && c <= '9')) return false;
  }
  return true;
}

// SECURECHAT_LIMITS_MESAGES: the nearest key, as its variable.
std::string nearest_variable(std::string_view name) {
  std::string key = ascii_lower(name.substr(std::string_view("SECURECHAT_").size()));
  if (const std::size_t at = key.find('_'); at != std::string::npos) key[at] = '.';
  return prefixed_environment(*find_option(nearest_option(key)));
}

// What stands right of '='. Single quotes keep everything; in double quotes \n, \" and \\ are
// escapes; without quotes a " #" begins a comment.
bool unquote(std::string_view text, std::string& out) {
  text = trim_ascii(text);
  if (text.empty() || (text.front() != '"' && text.front() != '\'')) {
    if (text.starts_with('#')) text = {};
    const std::size_t comment = text.find(" #");
    out = trim_ascii(text.substr(0, comment));
    return true;
  }
  const char quote = text.front();
  std::size_t at = 1;
  for (; at < text.size() && text[at] != quote; ++at) {
    if (quote == '"' && text[at] == '\\' && at + 1 < text.size()) ++at;
    out += quote == '"' && text[at - 1] == '\\' && text[at] == 'n' ? '\n' : text[at];
  }
  if (at >= text.size()) return false;
  const std::string_view rest = trim_ascii(text.substr(at + 1));
  return rest.empty() || rest.starts_with('#');
}

Status in_variable(std::string_view name, const Status& status) {
  return {status.code(), std::string(name) + ": " + status.message()};
}

}  // namespace

// Bare names first: the prefixed one is the more deliberate and wins.
Status Config::load_environment() {
  Config changed(*this);
  for (const bool prefixed : {false, true}) {
    for (const Option& option : option_table()) {
      const std::string name =
          prefixed ? prefixed_environment(option) : std::string(option.environment);
      const char* const value = name.empty() ? nullptr : std::getenv(name.c_str());
      if (value == nullptr) continue;
      if (Status status = changed.set(option.key, value); !status.ok()) {
        return in_variable(name, status);
      }
    }
  }
  *this = std::move(changed);
  return {};
}

// Variables of other programs are none of our business, but a SECURECHAT_ name that is not known
// is a mistake in a file, which unlike the process's environment was written for this program.
Status Config::load_env_file(const std::string& path) {
  Result<std::string> source = read_source(path);
  if (!source.ok()) return source.status();
  Config changed(*this);
  Config by_prefix;
  std::string_view text = *source;
  Status status;
  for (std::size_t number = 1; status.ok() && !text.empty(); ++number) {
    const std::size_t end = text.find('\n');
    std::string_view line = trim_ascii(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (line.empty() || line.starts_with('#')) continue;
    if (line.starts_with("export ")) line = trim_ascii(line.substr(7));
    const std::size_t equals = line.find('=');
    const std::string_view name = trim_ascii(line.substr(0, equals));
    const std::string place = path + ":" + std::to_string(number);
    std::string value;
    if (equals == std::string_view::npos || !is_variable_name(name) ||
        !unquote(line.substr(equals + 1), value)) {
      status = {Code::kInvalid, place + ": is not a line of the form NAME=value"};
      break;
    }
    bool prefixed = false;
    const Option* const option = option_of_variable(name, prefixed);
    if (option != nullptr) {
      if (prefixed || !by_prefix.is_set(option->key)) {
        status = in_variable(place + ": " + std::string(name), changed.set(option->key, value));
      }
      if (prefixed && status.ok()) status = by_prefix.set(option->key, value);
    } else if (name.starts_with("SECURECHAT_")) {
      status = {Code::kInvalid, place + ": " + printable(name) +
                                    " names no option; the nearest one is " +
                                    nearest_variable(name)};
    }
    wipe(value);
  }
  wipe(*source);
  if (!status.ok()) return status;
  *this = std::move(changed);
  return {};
}

}  // namespace securechat::server
