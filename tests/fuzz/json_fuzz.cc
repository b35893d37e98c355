// What the gate admits cJSON admits, and what is written again the gate admits.
#include <cstddef>
#include <cstdint>

#include "base/json.h"
#include "base/json_fields.h"
#include "base/text.h"
#include "fuzz/require.h"

namespace securechat::fuzz {
namespace {

void check_array(std::string_view text, const JsonView& root) {
  const auto elements = json_array_elements(text);
  require(elements.ok() && elements->size() == root.size(), "an array splits into its elements");
  const auto members = root.members();
  for (std::size_t i = 0; i < elements->size(); ++i) {
    const auto element = JsonDocument::parse((*elements)[i]);
    require(element.ok(), "an element is JSON");
    require(element->root().dump() == members[i].second.dump(), "an element is the tree's");
  }
  const auto parts = json_array_parts(text);
  require(parts && parts->first == (elements->empty() ? "" : elements->front()),
          "the first element comes off an array");
  require(elements->size() < 2 || (parts->rest.data() == (*elements)[1].data() &&
                                   parts->rest.ends_with(elements->back())),
          "and leaves the others");
}

void check_object(std::string_view text, const JsonView& root) {
  const auto split = json_object_members(text);
  require(split.ok() && split->size() == root.size(), "an object splits into its members");
  const auto members = root.members();
  for (std::size_t i = 0; i < split->size(); ++i) {
    require(json_unquote((*split)[i].key) == members[i].first, "a key is the tree's");
    require(JsonDocument::parse((*split)[i].value)->root().dump() == members[i].second.dump(),
            "a member is the tree's");
    require(root[members[i].first].dump() == members[i].second.dump(), "a key finds its member");
    const JsonField field = JsonFields(text)[members[i].first];
    require(field.exists() && field.as_string() == members[i].second.as_string() &&
                field.as_bool() == members[i].second.as_bool() &&
                field.as_integer() == members[i].second.as_integer(),
            "a field is the tree's");
  }
}

void check(std::string_view text) {
  // Splitting must bear what the gate refuses.
  (void)json_array_elements(text);
  (void)json_object_members(text);
  (void)json_unquote(text);
  (void)json_array_parts(text);
  (void)JsonFields(text)["message"].as_string();
  const bool admitted = json_check(text).ok();
  const auto document = JsonDocument::parse(text);
  require(document.ok() == admitted, "the gate and the parser agree");
  if (!admitted) {
    return;
  }
  require(is_utf8(text), "what is admitted is UTF-8");
  const JsonView root = document->root();
  const std::string dump = root.dump();
  const auto again = JsonDocument::parse(dump);
  require(again.ok(), "what is written is admitted");
  require(again->root().dump() == dump, "writing is stable");
  if (root.is_array()) {
    check_array(text, root);
  } else if (root.is_object()) {
    check_object(text, root);
  } else if (root.as_string()) {
    require(json_unquote(trim_ascii(text)) == *root.as_string(), "unquoting is parsing");
  }
}

}  // namespace
}  // namespace securechat::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  securechat::fuzz::check({reinterpret_cast<const char*>(data), size});
  return 0;
}
