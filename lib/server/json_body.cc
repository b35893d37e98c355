#include "server/json_body.h"

#include <utility>

#include "base/secret.h"
#include "base/text.h"

namespace securechat::server {
namespace {

// U+FFFF is no character and stands for a NUL between the parser, which refuses or cuts at one,
// and text().
constexpr std::string_view kNulEscape = "\\uffff";
constexpr std::string_view kNulUtf8 = "\xEF\xBF\xBF";

std::string without_nul_escapes(std::string_view body) {
  std::string out;
  out.reserve(body.size());
  for (std::size_t i = 0; i < body.size(); ++i) {
    if (body[i] != '\\' || i + 1 == body.size()) {
      out += body[i];
    } else if (body.substr(i, 6) == "\\u0000") {
      out += kNulEscape;
      i += 5;
    } else {
      out += body.substr(i, 2);
      ++i;
    }
  }
  return out;
}

}  // namespace

std::optional<JsonBody> JsonBody::parse(std::string_view body) {
  std::string text = without_nul_escapes(body);
  Result<JsonDocument> document = JsonDocument::parse(text);
  wipe(text);
  if (!document.ok() || !document->root().is_object()) return std::nullopt;
  return JsonBody(std::move(*document));
}

std::string JsonBody::text(std::string_view key) const {
  std::string value(document_.root()[key].as_string().value_or(std::string_view()));
  for (std::size_t at = value.find(kNulUtf8); at != std::string::npos; at = value.find(kNulUtf8)) {
    value.replace(at, kNulUtf8.size(), 1, '\0');
  }
  return value;
}

bool is_json_type(std::optional<std::string_view> content_type) {
  if (!content_type) return false;
  const std::string_view type = content_type->substr(0, content_type->find(';'));
  return equals_ignore_case(trim_ascii(type), "application/json");
}

}  // namespace securechat::server
