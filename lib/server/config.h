#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "server/options.h"

namespace securechat::server {

// A set of option values, each checked against the one table in server/options.h when it is set.
// Options that were not set have the table's default. Values of secret options are wiped.
class Config {
 public:
  Config();
  ~Config();
  Config(const Config&);
  Config& operator=(const Config&);
  Config(Config&&) noexcept;
  Config& operator=(Config&&) noexcept;

  // kInvalid: an unknown key (names the nearest one) or a value outside the option's type or range
  // (names the key, what was wrong and what is accepted).
  Status set(std::string_view key, std::string_view value);
  [[nodiscard]] Result<std::string> get(std::string_view key) const;
  [[nodiscard]] bool is_set(std::string_view key) const;
  // JSON: nested by dots or flat keys; strings, numbers, booleans, and arrays for lists.
  Status load_file(const std::string& path);
  Status load_json(std::string_view text, std::string_view name);
  // Reads the process's environment: bare names of the table and SECURECHAT_*.
  Status load_environment();
  // A .env file: KEY=value lines, quotes, comments.
  Status load_env_file(const std::string& path);

  // What server creation refuses: relations between options (missing or equal secrets, cert
  // without key, unreadable key file, weak hash, ...). Each message names the option and the cure.
  [[nodiscard]] Status validate() const;
  // Keys that are set but have no effect in this version, for a warning at start.
  [[nodiscard]] std::vector<std::string> without_effect() const;
  // Sentences for the log at start: what is allowed but deserves a second look (plain HTTP beyond
  // loopback), and each of without_effect().
  [[nodiscard]] std::vector<std::string> warnings() const;

  // Typed reads of checked values; text() gives any option as it was normalised. The key must be
  // in the table with that type: anything else is a defect of the caller and throws
  // std::logic_error.
  [[nodiscard]] std::string text(std::string_view key) const;
  [[nodiscard]] std::int64_t integer(std::string_view key) const;
  [[nodiscard]] std::int64_t duration_ms(std::string_view key) const;
  [[nodiscard]] bool flag(std::string_view key) const;
  [[nodiscard]] std::vector<std::string> list(std::string_view key) const;

 private:
  [[nodiscard]] std::string_view value_of(const Option& option) const;

  std::map<std::string, std::string, std::less<>> values_;
};

}  // namespace securechat::server
