#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/json.h"

namespace securechat::server {

// The body of an API request: a strict JSON object. A \u0000 inside a string is kept apart from
// broken JSON, because the contract gives a password with a NUL a text of its own.
class JsonBody {
 public:
  static std::optional<JsonBody> parse(std::string_view body);

  // The text of a member, with any NUL as it was sent; empty when it is absent or no string.
  [[nodiscard]] std::string text(std::string_view key) const;

 private:
  explicit JsonBody(JsonDocument document) : document_(std::move(document)) {}
  JsonDocument document_;
};

// Whether a Content-Type names application/json, with any parameters.
[[nodiscard]] bool is_json_type(std::optional<std::string_view> content_type);

}  // namespace securechat::server
