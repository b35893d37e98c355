#include <sys/stat.h>

#include <cerrno>
#include <cstddef>
#include <cstdio>
#include <memory>
#include <string>
#include <system_error>
#include <utility>

#include "base/json.h"
#include "base/secret.h"
#include "server/config.h"
#include "server/config_source.h"
#include "server/config_values.h"

namespace securechat::server {
namespace {

constexpr JsonLimits kLimits{.max_depth = 8, .max_nodes = 4096};

Status at_key(const std::string& key, std::string_view why) {
  return {Code::kInvalid, printable(key) + ": " + std::string(why)};
}

// A JSON value as the option's text; nothing with a Status when it has no text form.
Result<std::string> value_text(const std::string& key, JsonView value) {
  if (const auto text = value.as_string()) return std::string(*text);
  if (const auto flag = value.as_bool()) return std::string(*flag ? "true" : "false");
  if (const auto number = value.as_integer()) return std::to_string(*number);
  if (value.is_null()) return at_key(key, "null is not a value; leave the key out");
  if (value.as_number()) return at_key(key, "is not a whole number");
  std::string text;
  for (const auto& [name, entry] : value.members()) {
    const auto word = entry.as_string();
    if (!word || word->find(',') != std::string_view::npos) {
      return at_key(key, "an array must hold texts without commas");
    }
    if (!text.empty()) text += ',';
    text += *word;
  }
  return text;
}

Status set_members(Config& config, Config& seen, const std::string& prefix, JsonView object) {
  for (const auto& [name, value] : object.members()) {
    const std::string key = prefix + std::string(name);
    // An object below a key that is an option itself falls through to the refusal of value_text.
    if (value.is_object() && find_option(key) == nullptr) {
      if (Status status = set_members(config, seen, key + ".", value); !status.ok()) return status;
      continue;
    }
    if (value.is_object()) return at_key(key, "is one value, not an object");
    if (seen.is_set(key)) return at_key(key, "is given twice, nested and with dots; keep one");
    Result<std::string> text = value_text(key, value);
    if (!text.ok()) return text.status();
    Status status = config.set(key, *text);
    if (status.ok()) status = seen.set(key, *text);
    wipe(*text);
    if (!status.ok()) return status;
  }
  return {};
}

}  // namespace

Result<std::string> read_source(const std::string& path) {
  constexpr std::size_t kLargest = 1024 * 1024;
  const auto failed = [&path](int error) {
    return Status(Code::kInvalid,
                  path + ": cannot be read (" + std::generic_category().message(error) + ")");
  };
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0) return failed(errno);
  if (S_ISDIR(info.st_mode)) return failed(EISDIR);
  const auto close = [](std::FILE* file) {
    std::fclose(file);
  };
  const std::unique_ptr<std::FILE, decltype(close)> file(std::fopen(path.c_str(), "re"));
  if (!file) return failed(errno);
  std::string text;
  char buffer[4096];
  while (const std::size_t count = std::fread(buffer, 1, sizeof buffer, file.get())) {
    text.append(buffer, count);
    if (text.size() > kLargest) return Status(Code::kInvalid, path + ": is larger than 1 MiB");
  }
  wipe(buffer, sizeof buffer);
  if (std::ferror(file.get()) != 0) return failed(EIO);
  return text;
}

Status Config::load_json(std::string_view text, std::string_view name) {
  const auto in_file = [name](const Status& status) {
    return Status(status.code(), std::string(name) + ": " + status.message());
  };
  Result<JsonDocument> document = JsonDocument::parse(text, kLimits);
  if (!document.ok()) return in_file(document.status());
  if (!document->root().is_object()) {
    return in_file({Code::kInvalid, "is not a JSON object such as {\"listen\": {\"port\": 3000}}"});
  }
  // A faulty file changes nothing.
  Config changed(*this);
  Config seen;
  const Status status = set_members(changed, seen, "", document->root());
  if (!status.ok()) return in_file(status);
  *this = std::move(changed);
  return {};
}

Status Config::load_file(const std::string& path) {
  Result<std::string> text = read_source(path);
  if (!text.ok()) return text.status();
  Status status = load_json(*text, path);
  wipe(*text);
  return status;
}

}  // namespace securechat::server
