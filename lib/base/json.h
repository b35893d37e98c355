#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

struct cJSON;

namespace securechat {

// What the strict gate admits before cJSON sees a byte: strict UTF-8, no BOM, no
// raw control characters, no \u0000, no lone surrogates, no duplicate keys, nothing after the
// value, finite numbers of at most 63 bytes (cJSON's buffer), RFC 8259 syntax.
struct JsonLimits {
  std::size_t max_depth = 32;
  std::size_t max_nodes = 4096;
};

// Checks `text` in one linear pass. The message of a failure names the byte offset and the fault.
Status json_check(std::string_view text, const JsonLimits& limits = {});

// Where the elements of a JSON array stand in its text, after json_check; each view is one value,
// white space trimmed. kInvalid when `text` is not an array.
Result<std::vector<std::string_view>> json_array_elements(std::string_view text);

// A member of a JSON object where it stands in its text; the key still has its quotes and escapes.
struct JsonMember {
  std::string_view key;
  std::string_view value;
};
// The same for the members of an object.
Result<std::vector<JsonMember>> json_object_members(std::string_view text);

// The value of a JSON string, after json_check; nothing when `text` is anything else.
[[nodiscard]] std::optional<std::string> json_unquote(std::string_view text);

// A value inside a JsonDocument, or nothing. Getters are case-sensitive and never convert.
class JsonView {
 public:
  JsonView() = default;
  explicit JsonView(const cJSON* node) : node_(node) {}

  [[nodiscard]] bool exists() const { return node_ != nullptr; }
  [[nodiscard]] bool is_null() const;
  [[nodiscard]] bool is_object() const;
  [[nodiscard]] bool is_array() const;
  [[nodiscard]] std::optional<std::string_view> as_string() const;
  [[nodiscard]] std::optional<bool> as_bool() const;
  [[nodiscard]] std::optional<double> as_number() const;
  // An integer that a double holds exactly, |n| <= 2^53 - 1.
  [[nodiscard]] std::optional<std::int64_t> as_integer() const;

  // The member of an object; a view of nothing when absent or when this is no object.
  [[nodiscard]] JsonView operator[](std::string_view key) const;
  // The element of an array.
  [[nodiscard]] JsonView at(std::size_t index) const;
  [[nodiscard]] std::size_t size() const;
  // The members of an object or elements of an array, in order. Keys are empty for arrays.
  [[nodiscard]] std::vector<std::pair<std::string_view, JsonView>> members() const;
  // The value as compact JSON text.
  [[nodiscard]] std::string dump() const;

 private:
  const cJSON* node_ = nullptr;
};

// A parsed text; views borrow from it.
class JsonDocument {
 public:
  static Result<JsonDocument> parse(std::string_view text, const JsonLimits& limits = {});
  JsonDocument(JsonDocument&&) noexcept;
  JsonDocument& operator=(JsonDocument&&) noexcept;
  ~JsonDocument();

  [[nodiscard]] JsonView root() const { return JsonView(root_.get()); }

 private:
  struct Deleter {
    void operator()(cJSON* node) const;
  };
  explicit JsonDocument(cJSON* root) : root_(root) {}
  std::unique_ptr<cJSON, Deleter> root_;
};

// Appends `text` as a JSON string with its quotes. `text` must be valid UTF-8; U+2028 and U+2029
// are escaped so that the result is also JavaScript.
void json_append_string(std::string& out, std::string_view text);
// json_append_string(out, html_escape(text)) in one pass.
void json_append_html(std::string& out, std::string_view text);
[[nodiscard]] std::string json_string(std::string_view text);

// The name of a member that needs no escape, which the compiler checks.
class JsonKey {
 public:
  template <std::size_t N>
  consteval JsonKey(const char (&name)[N]) : name_(name, N - 1) {
    for (const char c : name_) {
      if (c < 0x20 || c > 0x7E || c == '"' || c == '\\') throw "the name needs an escape";
    }
  }
  [[nodiscard]] std::string_view name() const { return name_; }

 private:
  std::string_view name_;
};

// Writes one JSON object or array straight into a string; commas are its business. The hot path
// builds its payloads with this instead of a tree of nodes.
//
//   JsonWriter json(out);
//   json.begin_object().key("ok").boolean(true).key("seq").integer(7).end_object();
class JsonWriter {
 public:
  explicit JsonWriter(std::string& out) : out_(out) {}
  JsonWriter& begin_object();
  JsonWriter& end_object();
  JsonWriter& begin_array();
  JsonWriter& end_array();
  JsonWriter& key(JsonKey key);
  // A name that is not known before.
  JsonWriter& key_text(std::string_view name);
  JsonWriter& string(std::string_view value);
  // The value as HTML text: html_escape().
  JsonWriter& html(std::string_view value);
  JsonWriter& integer(std::int64_t value);
  JsonWriter& boolean(bool value);
  JsonWriter& null();
  // `value` is JSON text already.
  JsonWriter& raw(std::string_view value);

 private:
  void separate();
  std::string& out_;
  bool needs_comma_ = false;
};

}  // namespace securechat
