#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "securechat/common.h"

// Arguments of events and acknowledgements as a host gives them.
namespace securechat::capi {

// A name that the host may give to an event: text, and none of the protocol's own.
Status check_event_name(const char* event);

struct Arguments {
  std::string json = "[]";  // A JSON array, without white space around it.
  std::vector<std::string> attachments;
};
// `json_args` NULL is no arguments. The array must hold one placeholder for each of the `count`
// attachments, in their order; they are copied.
Status read_arguments(const char* json_args, std::size_t len, const securechat_blob* attachments,
                      std::size_t count, Arguments& arguments);

}  // namespace securechat::capi
