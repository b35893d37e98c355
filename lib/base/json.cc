#include "base/json.h"

#include <cjson/cJSON.h>

#include <charconv>
#include <cmath>

namespace securechat {
namespace {

constexpr double kMaxExactInteger = 9007199254740991.0;  // 2^53 - 1

void append_number(std::string& out, double value) {
  if (value == 0) {
    out.push_back('0');  // Negative zero too, as JavaScript writes it.
    return;
  }
  char text[32];
  const bool whole = std::fabs(value) <= kMaxExactInteger && std::trunc(value) == value;
  const std::to_chars_result end =
      whole ? std::to_chars(text, text + sizeof(text), static_cast<std::int64_t>(value))
            : std::to_chars(text, text + sizeof(text), value);
  out.append(text, end.ptr);
}

// Recursion ends where the gate's depth limit and cJSON's own do.
void append_value(std::string& out, const cJSON* node) {
  switch (node->type & 0xFF) {
    case cJSON_False:
      out.append("false");
      return;
    case cJSON_True:
      out.append("true");
      return;
    case cJSON_Number:
      append_number(out, node->valuedouble);
      return;
    case cJSON_String:
      json_append_string(out, node->valuestring);
      return;
    case cJSON_Array:
    case cJSON_Object:
      break;
    default:
      out.append("null");
      return;
  }
  const bool object = cJSON_IsObject(node) != 0;
  out.push_back(object ? '{' : '[');
  for (const cJSON* child = node->child; child != nullptr; child = child->next) {
    if (child != node->child) {
      out.push_back(',');
    }
    if (object) {
      json_append_string(out, child->string);
      out.push_back(':');
    }
    append_value(out, child);
  }
  out.push_back(object ? '}' : ']');
}

}  // namespace

bool JsonView::is_null() const {
  return cJSON_IsNull(node_) != 0;
}
bool JsonView::is_object() const {
  return cJSON_IsObject(node_) != 0;
}
bool JsonView::is_array() const {
  return cJSON_IsArray(node_) != 0;
}

std::optional<std::string_view> JsonView::as_string() const {
  if (cJSON_IsString(node_) == 0) {
    return std::nullopt;
  }
  return node_->valuestring;
}

std::optional<bool> JsonView::as_bool() const {
  if (cJSON_IsBool(node_) == 0) {
    return std::nullopt;
  }
  return cJSON_IsTrue(node_) != 0;
}

std::optional<double> JsonView::as_number() const {
  if (cJSON_IsNumber(node_) == 0) {
    return std::nullopt;
  }
  return node_->valuedouble;
}

std::optional<std::int64_t> JsonView::as_integer() const {
  const std::optional<double> value = as_number();
  // cJSON's valueint is cut at 32 bits, only the double tells.
  if (!value || std::fabs(*value) > kMaxExactInteger || std::trunc(*value) != *value) {
    return std::nullopt;
  }
  return static_cast<std::int64_t>(*value);
}

JsonView JsonView::operator[](std::string_view key) const {
  if (is_object()) {
    for (const cJSON* child = node_->child; child != nullptr; child = child->next) {
      if (key == child->string) {
        return JsonView(child);
      }
    }
  }
  return {};
}

JsonView JsonView::at(std::size_t index) const {
  if (is_array()) {
    for (const cJSON* child = node_->child; child != nullptr; child = child->next) {
      if (index-- == 0) {
        return JsonView(child);
      }
    }
  }
  return {};
}

std::size_t JsonView::size() const {
  std::size_t count = 0;
  if (is_array() || is_object()) {
    for (const cJSON* child = node_->child; child != nullptr; child = child->next) {
      ++count;
    }
  }
  return count;
}

std::vector<std::pair<std::string_view, JsonView>> JsonView::members() const {
  std::vector<std::pair<std::string_view, JsonView>> result;
  if (is_array() || is_object()) {
    for (const cJSON* child = node_->child; child != nullptr; child = child->next) {
      const std::string_view key = child->string != nullptr ? child->string : "";
      result.emplace_back(key, JsonView(child));
    }
  }
  return result;
}

std::string JsonView::dump() const {
  std::string out;
  if (node_ != nullptr) {
    append_value(out, node_);
  }
  return out;
}

Result<JsonDocument> JsonDocument::parse(std::string_view text, const JsonLimits& limits) {
  Status status = json_check(text, limits);
  if (!status.ok()) {
    return status;
  }
  cJSON* root = cJSON_ParseWithLength(text.data(), text.size());
  if (root == nullptr) {
    return {Code::kNoMemory,
            "cJSON could not hold the JSON text: no memory, or nested over its own limit"};
  }
  return JsonDocument(root);
}

JsonDocument::JsonDocument(JsonDocument&&) noexcept = default;
JsonDocument& JsonDocument::operator=(JsonDocument&&) noexcept = default;
JsonDocument::~JsonDocument() = default;

void JsonDocument::Deleter::operator()(cJSON* node) const {
  cJSON_Delete(node);
}

}  // namespace securechat
