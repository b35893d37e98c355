#include "securechat/session.h"

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

#include "base/json.h"
#include "base/text.h"
#include "capi/boundary.h"
#include "chat/types.h"

using namespace securechat;
using namespace securechat::capi;

namespace {

// The host's own arguments are trusted to be sensible, not to be JSON.
constexpr JsonLimits kArgumentLimits{.max_depth = 64, .max_nodes = 1'000'000};

// A caller that was built against a later version may give more fields; they must be unused.
Status check_size(const securechat_target& target) {
  if (target.struct_size < sizeof(securechat_target)) {
    return {Code::kInvalid, "struct_size of the target is not sizeof(securechat_target)"};
  }
  const auto* const bytes = reinterpret_cast<const unsigned char*>(&target);
  const bool unused = std::all_of(bytes + sizeof target, bytes + target.struct_size,
                                  [](unsigned char byte) { return byte == 0; });
  if (!unused || target.reserved != 0) {
    return {Code::kUnsupported, "the target uses fields that this version does not know"};
  }
  return {};
}

Status read_target(const securechat_target* given, chat::Target& target) {
  if (given == nullptr) return {};
  if (Status s = check_size(*given); !s.ok()) return s;
  for (const auto& [text, name] :
       {std::pair(given->nsp, "the namespace"), std::pair(given->room, "the room"),
        std::pair(given->user_id, "the user id")}) {
    if (text == nullptr) continue;
    if (Status s = check_text(text, name, Empty::kAllowed); !s.ok()) return s;
  }
  target.nsp = or_empty(given->nsp);
  target.room = or_empty(given->room);
  target.user_id = or_empty(given->user_id);
  target.session = given->session;
  target.except = given->except;
  if (!target.nsp.empty() && target.nsp.front() != '/') {
    return {Code::kInvalid, "the namespace must begin with /"};
  }
  return {};
}

Status check_event(const char* event) {
  if (Status s = check_text(event, "the event's name"); !s.ok()) return s;
  for (const std::string_view reserved : {"connect", "connect_error", "disconnect", "disconnecting",
                                          "newListener", "removeListener"}) {
    if (reserved == event) {
      return {Code::kInvalid, std::string(reserved) + " is an event of the protocol itself"};
    }
  }
  return {};
}

Status check_arguments(std::string_view args) {
  if (Status s = json_check(args, kArgumentLimits); !s.ok()) {
    return {Code::kInvalid, "the arguments are not JSON: " + s.message()};
  }
  if (!trim_ascii(args).starts_with('[')) {
    return {Code::kInvalid, "the arguments are not a JSON array, such as [\"text\"]"};
  }
  return {};
}

server::SessionHook session_hook(securechat_server* server, std::string_view name,
                                 securechat_session_fn callback, HostData data) {
  return [=, data = std::move(data)](chat::SessionId session, std::string_view user_id,
                                     std::string_view detail) {
    call_host(server->impl->log(), name, [&] {
      const std::string user(user_id);
      const std::string why(detail);
      callback(server, session, user.c_str(), why.c_str(), data.get());
    });
  };
}

}  // namespace

securechat_status securechat_server_on_connect(securechat_server* server,
                                               securechat_session_fn callback, void* user_data,
                                               securechat_destroy_fn destroy) {
  HostData data(user_data, destroy);
  return guard([=, &data] {
    if (Status s = check(server); !s.ok()) return s;
    if (callback == nullptr) return Status(Code::kInvalid, "the callback is NULL");
    return server->impl->on_connect(session_hook(server, "connect", callback, std::move(data)));
  });
}

securechat_status securechat_server_on_disconnect(securechat_server* server,
                                                  securechat_session_fn callback, void* user_data,
                                                  securechat_destroy_fn destroy) {
  HostData data(user_data, destroy);
  return guard([=, &data] {
    if (Status s = check(server); !s.ok()) return s;
    if (callback == nullptr) return Status(Code::kInvalid, "the callback is NULL");
    return server->impl->on_disconnect(
        session_hook(server, "disconnect", callback, std::move(data)));
  });
}

securechat_status securechat_server_emit(securechat_server* server, const securechat_target* target,
                                         const char* event, const char* json_args, size_t len) {
  return guard([=] {
    if (Status s = check(server); !s.ok()) return s;
    chat::Target whom;
    if (Status s = read_target(target, whom); !s.ok()) return s;
    if (Status s = check_event(event); !s.ok()) return s;
    std::string_view args = "[]";
    if (json_args != nullptr) {
      if (Status s = take_text(json_args, len, "the arguments", args); !s.ok()) return s;
      if (Status s = check_arguments(args); !s.ok()) return s;
    }
    return server->impl->emit(whom, event, args);
  });
}

securechat_status securechat_server_join(securechat_server* server, securechat_session session,
                                         const char* room) {
  return guard([=] {
    if (Status s = check(server); !s.ok()) return s;
    if (Status s = check_text(room, "the room"); !s.ok()) return s;
    return server->impl->join(session, room);
  });
}

securechat_status securechat_server_leave(securechat_server* server, securechat_session session,
                                          const char* room) {
  return guard([=] {
    if (Status s = check(server); !s.ok()) return s;
    if (Status s = check_text(room, "the room"); !s.ok()) return s;
    return server->impl->leave(session, room);
  });
}

securechat_status securechat_server_disconnect(securechat_server* server,
                                               securechat_session session, const char* reason) {
  return guard([=] {
    if (Status s = check(server); !s.ok()) return s;
    if (!is_utf8(or_empty(reason))) return Status(Code::kInvalid, "the reason is not UTF-8 text");
    return server->impl->disconnect(session, or_empty(reason));
  });
}
