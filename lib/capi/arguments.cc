#include "capi/arguments.h"

#include "base/json.h"
#include "base/text.h"
#include "capi/boundary.h"
#include "protocol/socket_io.h"

namespace securechat::capi {
namespace {

// The host's own arguments are trusted to be sensible, not to be JSON.
constexpr JsonLimits kArgumentLimits{.max_depth = 64, .max_nodes = 1'000'000};

// An array without elements is "[]" whatever white space was in it.
Status read_array(std::string_view text, std::string& array) {
  if (Status s = json_check(text, kArgumentLimits); !s.ok()) {
    return {Code::kInvalid, "the arguments are not JSON: " + s.message()};
  }
  const std::string_view trimmed = trim_ascii(text);
  if (!trimmed.starts_with('[')) {
    return {Code::kInvalid, "the arguments are not a JSON array, such as [\"text\"]"};
  }
  const bool empty = trim_ascii(trimmed.substr(1, trimmed.size() - 2)).empty();
  array = empty ? std::string_view("[]") : trimmed;
  return {};
}

Status read_attachments(const securechat_blob* attachments, std::size_t count,
                        Arguments& arguments) {
  using protocol::socket_io::kMaxAttachments;
  if (count > kMaxAttachments) {
    return {Code::kInvalid, "an event has at most 10 attachments"};
  }
  if (attachments == nullptr) return {Code::kInvalid, "the attachments are NULL"};
  for (std::size_t i = 0; i < count; ++i) {
    if (attachments[i].data == nullptr && attachments[i].len > 0) {
      return {Code::kInvalid, "the data of attachment " + std::to_string(i) + " is NULL"};
    }
    arguments.attachments.emplace_back(static_cast<const char*>(attachments[i].data),
                                       attachments[i].len);
  }
  return {};
}

}  // namespace

Status check_event_name(const char* event) {
  if (Status s = check_text(event, "the event's name"); !s.ok()) return s;
  if (protocol::socket_io::is_reserved_event(event)) {
    return {Code::kInvalid, std::string(event) + " is an event of the protocol itself"};
  }
  return {};
}

Status read_arguments(const char* json_args, std::size_t len, const securechat_blob* attachments,
                      std::size_t count, Arguments& arguments) {
  if (json_args != nullptr) {
    std::string_view text;
    if (Status s = take_text(json_args, len, "the arguments", text); !s.ok()) return s;
    if (Status s = read_array(text, arguments.json); !s.ok()) return s;
  }
  if (count == 0) return {};
  if (Status s = read_attachments(attachments, count, arguments); !s.ok()) return s;
  if (!protocol::socket_io::placeholders_match(arguments.json, count, kArgumentLimits)) {
    return {Code::kInvalid,
            "the arguments need {\"_placeholder\":true,\"num\":i} once for each attachment, in "
            "their order from 0"};
  }
  return {};
}

}  // namespace securechat::capi
